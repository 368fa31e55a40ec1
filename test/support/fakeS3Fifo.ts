import type { Row } from "../../src/domain/tensor.js";

interface Entry {
  readonly scope: string;
  readonly hash: number;
  readonly input: string;
  readonly output: string;
  readonly bytes: number;
  readonly storedMs: number;
  frequency: number;
  cleared: boolean;
}

interface Ghost {
  readonly hash: number;
  readonly scope: string;
  taken: boolean;
}

const OVERHEAD = 48;
const HEAD = 32;

/**
 * S3-FIFO from its paper (Yang et al., SOSP 2023, section 4), in arrays and strings: a small queue of 10 %, a main
 * queue with reinsertion, and a ghost queue nine tenths as long as both (at least 16). Frequencies count hits, up to 3.
 */
export class SlowS3Fifo {
  capacity: number;
  nowMs = 0;
  readonly ttlMs = new Map<string, number>();
  #small: Entry[] = [];
  #main: Entry[] = [];
  #ghosts: Ghost[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get bytes(): number {
    return sum(this.#small) + sum(this.#main);
  }

  get entryCount(): number {
    return [...this.#small, ...this.#main].filter((entry) => !entry.cleared).length;
  }

  get(scope: string, hash: number, input: Row): string | undefined {
    const entry = this.#find(scope, hash);
    if (entry?.input !== textOf(input)) return undefined;
    entry.frequency = Math.min(3, entry.frequency + 1);
    return entry.output;
  }

  set(scope: string, hash: number, input: Row, output: Row): void {
    const bytes = bytesOf(input, output);
    if (this.#find(scope, hash) !== undefined || bytes > this.capacity / 10) return;
    this.shrink(bytes);
    const [inText, outText] = [textOf(input), textOf(output)];
    const storedMs = Math.floor(this.nowMs);
    const entry = { scope, hash, input: inText, output: outText, bytes, storedMs, frequency: 0, cleared: false };
    const ghost = this.#ghosts.find((known) => !known.taken && known.hash === hash && known.scope === scope);
    if (ghost !== undefined) ghost.taken = true;
    (ghost === undefined ? this.#small : this.#main).push(entry);
  }

  /** Names are told apart by what is behind them: a scope that was cleared has no ghosts either. */
  clear(scope: string): void {
    for (const entry of [...this.#small, ...this.#main]) if (entry.scope === scope) entry.cleared = true;
    for (const ghost of this.#ghosts) if (ghost.scope === scope) ghost.taken = true;
  }

  shrink(room: number): void {
    while (this.bytes + room > this.capacity) this.#evict();
  }

  #expired(entry: Entry): boolean {
    return this.nowMs - entry.storedMs >= (this.ttlMs.get(entry.scope) ?? Infinity);
  }

  #find(scope: string, hash: number): Entry | undefined {
    const found = [...this.#small, ...this.#main].find((entry) => {
      return !entry.cleared && entry.scope === scope && entry.hash === hash;
    });
    if (found === undefined || !this.#expired(found)) return found;
    found.cleared = true;
    return undefined;
  }

  #evict(): void {
    const fromSmall = sum(this.#small) > this.capacity / 10 || this.#main.length === 0;
    const entry = (fromSmall ? this.#small : this.#main).shift() as Entry;
    if (entry.cleared || this.#expired(entry)) return;
    if (entry.frequency > 0) {
      this.#main.push(entry);
      entry.frequency = fromSmall ? 0 : entry.frequency - 1;
    } else if (fromSmall) {
      const most = Math.max(16, 0.9 * (this.#small.length + this.#main.length));
      while (this.#ghosts.length >= most) this.#ghosts.shift();
      const { hash, scope } = entry;
      this.#ghosts.push({ hash, scope, taken: false });
    }
  }
}

/** A head, each tensor with its length in whole words, the whole in units of 16. */
function bytesOf(input: Row, output: Row): number {
  const packed = [...input, ...output].map((part) => 4 + Math.ceil(part.length / 4) * 4);
  const record = packed.reduce((total, bytes) => total + bytes, HEAD);
  return Math.ceil(record / 16) * 16 + OVERHEAD;
}

function sum(entries: readonly Entry[]): number {
  return entries.reduce((total, entry) => total + entry.bytes, 0);
}

export function textOf(row: Row): string {
  return row.map((part) => Buffer.from(part).toString("hex")).join("|");
}
