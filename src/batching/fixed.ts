import type { BatchSizeController } from "./batchSizeController.js";

/** Always the same size: for models whose best one is known, and as a baseline. */
export class FixedSize implements BatchSizeController {
  readonly size: number;
  readonly reason = "fixed";
  readonly mayGrow = false;

  constructor(rows: number) {
    this.size = rows;
  }

  record(): void {
    // Nothing to learn.
  }
}
