/** Batches of one side of a comparison; those of the first few still answer rows of the other side. */
const EPOCH_BATCHES = 32;
const SETTLING_BATCHES = 4;
/** Comparisons that decide, and epochs between two of them once it is decided. */
const COMPARISONS = 4;
const DECIDED_EPOCHS = 16;
/** Mean relative gain from which waiting pays. */
const LEAST_GAIN = 0.01;

interface Epoch {
  readonly waits: boolean;
  /** Batches that waited, or would have. */
  holds: number;
  batches: number;
  rows: number;
  costMs: number;
}

/**
 * Whether waiting for fuller batches pays, found out by trying: epochs of 32 batches with and without waiting are
 * compared in pairs, in the order without, with, with, without, so that a drifting load favours neither. What is
 * compared is the mean time that a row has cost: from its arrival to its answer, or all the time that it had if it was
 * refused, dropped or late; so a gain in throughput counts as rows that are answered, and one in latency as such.
 * Waiting pays if the mean gain of the last four comparisons is at least 1 % and above its standard error. Then
 * sixteen epochs go as was decided, and one more comparison is made. Until the first decision batches do not wait but
 * for the comparisons; one in which no batch would have waited says nothing.
 */
export class WaitTrial {
  readonly #gains: number[] = [];
  #epoch: Epoch = newEpoch(false);
  /** The first epoch of a comparison that is under way. */
  #first: Epoch | undefined;
  #compared = 0;
  #decidedEpochs = 0;
  #pays = false;

  /** Whether batches wait in the present epoch. */
  get waits(): boolean {
    return this.#epoch.waits;
  }

  /** Whether they do outside of comparisons. */
  get pays(): boolean {
    return this.#pays;
  }

  get reason(): string {
    const count = this.#gains.length;
    if (count < COMPARISONS) return `${count} of ${COMPARISONS} comparisons made`;
    const percent = (100 * mean(this.#gains)).toFixed(1);
    const error = (100 * standardError(this.#gains)).toFixed(1);
    return `waiting saved ${percent} % (standard error ${error}) of the time a row costs, by ${count} comparisons`;
  }

  /** A batch waits, or would if this epoch's did. */
  wouldHold(): void {
    this.#epoch.holds += 1;
  }

  rowSettled(costMs: number): void {
    if (this.#epoch.batches < SETTLING_BATCHES) return;
    this.#epoch.rows += 1;
    this.#epoch.costMs += costMs;
  }

  batchSent(): void {
    this.#epoch.batches += 1;
    if (this.#epoch.batches >= EPOCH_BATCHES) this.#next();
  }

  #next(): void {
    const ended = this.#epoch;
    if (this.#decidedEpochs > 0) {
      this.#decidedEpochs -= 1;
      this.#epoch = newEpoch(this.#decidedEpochs > 0 ? this.#pays : this.#firstWaits());
    } else if (this.#first === undefined) {
      this.#first = ended;
      this.#epoch = newEpoch(!ended.waits);
    } else {
      this.#compare(ended.waits ? this.#first : ended, ended.waits ? ended : this.#first);
      this.#first = undefined;
      const decided = this.#gains.length >= COMPARISONS;
      this.#decidedEpochs = decided ? DECIDED_EPOCHS : 0;
      this.#epoch = newEpoch(decided ? this.#pays : this.#firstWaits());
    }
  }

  #firstWaits(): boolean {
    return this.#compared % 2 === 1;
  }

  #compare(without: Epoch, waiting: Epoch): void {
    if (without.rows === 0 || waiting.rows === 0 || without.holds === 0 || waiting.holds === 0) return;
    this.#compared += 1;
    const before = without.costMs / without.rows;
    this.#gains.push((before - waiting.costMs / waiting.rows) / Math.max(before, 1e-9));
    if (this.#gains.length > COMPARISONS) this.#gains.shift();
    const gain = mean(this.#gains);
    if (this.#gains.length === COMPARISONS) this.#pays = gain >= LEAST_GAIN && gain > standardError(this.#gains);
  }
}

function newEpoch(waits: boolean): Epoch {
  return { waits, holds: 0, batches: 0, rows: 0, costMs: 0 };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardError(values: readonly number[]): number {
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
