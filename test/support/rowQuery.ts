import type { RowQuery } from "../../src/domain/ports.js";
import type { Row } from "../../src/domain/tensor.js";

/** What an application asks of a model for one row. */
export function rowQuery(row: Row, deadlineMs: number, changes: Partial<RowQuery> = {}): RowQuery {
  return { row, deadlineMs, priority: "INTERACTIVE", ...changes };
}
