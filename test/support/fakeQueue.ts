import type { FailedOutcome, PendingRow, RowOutcome, RowQuery, RowQueue, Settle } from "../../src/domain/ports.js";
import type { Row } from "../../src/domain/tensor.js";

export interface Submitted {
  readonly row: Row;
  readonly deadlineMs: number;
  readonly extendedTo: number[];
  /** Set to false when a replica has the row: it can then not be abandoned. */
  queued: boolean;
  abandoned: boolean;
  settle(outcome: RowOutcome): void;
}

/** A queue that keeps what is submitted until the test settles it. */
export class FakeQueue implements RowQueue {
  readonly submitted: Submitted[] = [];
  /** Of rows that are not submitted. */
  refusal: FailedOutcome | undefined;

  submit({ row, deadlineMs }: RowQuery, settle: Settle): PendingRow {
    const entry: Submitted = { row, deadlineMs, extendedTo: [], queued: true, abandoned: false, settle };
    this.submitted.push(entry);
    return {
      extend: (other) => void entry.extendedTo.push(other.deadlineMs),
      abandon: () => (entry.abandoned = entry.queued),
    };
  }

  refuseAlike(): FailedOutcome | undefined {
    return this.refusal;
  }
}
