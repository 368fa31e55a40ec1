export interface BatchSample {
  readonly rows: number;
  /** The batch took every row that the controller allowed. */
  readonly full: boolean;
  /** The batch's own service time: its reply minus the later of its sending and the previous reply. */
  readonly serviceMs: number;
}

/** Says how many rows a replica may be given at once. Pure: fed with samples, asked for a size. */
export interface BatchSizeController {
  /** Rows, at least 1. */
  readonly size: number;
  /** Why the size is what it is: shown to operators. */
  readonly reason: string;
  /** Its size has met no bound yet: as long as full batches keep to their budget it becomes larger. */
  readonly mayGrow: boolean;
  /** `budgetMs` is what the objective leaves for one batch. */
  record(sample: BatchSample, budgetMs: number): void;
}
