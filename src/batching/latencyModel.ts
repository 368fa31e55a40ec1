import { CurveChoice } from "./curveChoice.js";
import { IsotonicTable } from "./isotonicTable.js";
import { LatencyLine } from "./latencyLine.js";
import type { LatencyCurve } from "./latencyLine.js";

/**
 * A replica's latency as it is learned from its own batches: a line L(b), or where latency is no line a table (see
 * CurveChoice), and a tail ratio rho that follows the 0.99 quantile of latency / L(b).
 * A stall is set aside instead of being learned, unless three in a row say that the replica has changed: learned at
 * once, one stall of five seconds would cost four more of a third of the goodput. Ten in a row that are all well above
 * or all well below the line say so too: then the model begins again from them, since the tail ratio, which rises in
 * tens of batches, would take thousands to come back.
 */
const TAIL_QUANTILE = 0.99;
const TAIL_STEP = 0.02;
const MAX_TAIL_RATIO = 2;
const OUTLIER_RATIO = 3;
const OUTLIERS_TO_RESET = 3;
const SHIFT_RATIO = 1.25;
const SHIFTED_TO_RESET = 10;

interface Sample {
  readonly rows: number;
  readonly ms: number;
}

export class LatencyModel {
  readonly #line = new LatencyLine();
  readonly #table = new IsotonicTable();
  readonly #choice = new CurveChoice(this.#line, this.#table);
  #tailRatio = 1;
  #samples = 0;
  #setAside: Sample[] = [];
  /** The latest batches in a row that were all off the line to the same side. */
  #shifted: Sample[] = [];
  #shiftedUp = false;

  /** Batches learned from since the last reset. Without any, nothing is known and every answer is optimistic. */
  get samples(): number {
    return this.#samples;
  }

  /** What every batch costs, in milliseconds. */
  get alphaMs(): number {
    return this.#line.alphaMs;
  }

  /** What each row adds, in milliseconds. */
  get betaMs(): number {
    return this.#line.betaMs;
  }

  get tailRatio(): number {
    return this.#tailRatio;
  }

  /** Latency is no line here, and the table of the sizes seen is used instead. */
  get usesTable(): boolean {
    return this.#choice.usesTable;
  }

  get #curve(): LatencyCurve {
    return this.#choice.usesTable ? this.#table : this.#line;
  }

  /** Expected milliseconds for a batch of so many rows; 0 while nothing is known. */
  expectedMs(rows: number): number {
    return this.#curve.expectedMs(rows);
  }

  /** Milliseconds that such a batch stays within in 99 of 100 cases. */
  tailMs(rows: number): number {
    return this.#tailRatio * this.expectedMs(rows);
  }

  /** The most rows whose tail fits into so many milliseconds: 0 if not even one does, Infinity while nothing is known. */
  maxRows(withinMs: number): number {
    if (this.#samples === 0) return Infinity;
    return this.#curve.maxRows(withinMs / this.#tailRatio);
  }

  record(rows: number, ms: number): void {
    if (this.#samples > 0 && ms > OUTLIER_RATIO * this.tailMs(rows)) {
      this.#setAside.push({ rows, ms });
      if (this.#setAside.length < OUTLIERS_TO_RESET) return;
      this.#reset(this.#setAside);
      return;
    }
    this.#setAside = [];
    if (this.#hasShifted(rows, ms)) this.#reset(this.#shifted);
    else this.#learn(rows, ms);
  }

  #hasShifted(rows: number, ms: number): boolean {
    const ratio = ms / Math.max(this.expectedMs(rows), 1e-9);
    const up = ratio > SHIFT_RATIO;
    if (this.#samples === 0 || (!up && ratio >= 1 / SHIFT_RATIO)) {
      this.#shifted = [];
      return false;
    }
    if (up !== this.#shiftedUp) this.#shifted = [];
    this.#shiftedUp = up;
    this.#shifted.push({ rows, ms });
    return this.#shifted.length >= SHIFTED_TO_RESET;
  }

  #reset(samples: readonly Sample[]): void {
    this.#line.reset();
    this.#table.reset();
    this.#tailRatio = 1;
    this.#samples = 0;
    this.#setAside = [];
    this.#shifted = [];
    for (const { rows, ms } of samples) this.#learn(rows, ms);
  }

  #learn(rows: number, ms: number): void {
    const expected = this.expectedMs(rows);
    if (this.#samples > 0 && expected > 0) {
      const step = TAIL_STEP * (TAIL_QUANTILE - (ms / expected <= this.#tailRatio ? 1 : 0));
      this.#tailRatio = Math.min(MAX_TAIL_RATIO, Math.max(1, this.#tailRatio + step));
    }
    if (this.#samples > 0 && this.#choice.judge(rows, ms)) this.#tailRatio = 1;
    this.#line.record(rows, ms);
    this.#table.record(rows, ms);
    this.#samples += 1;
  }
}
