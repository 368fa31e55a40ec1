import { Histogram } from "../lib/histogram.js";

/** Figures of one replica, through all of its links, since it was first ready. */
export class ReplicaMetrics {
  /** A batch's own service time. */
  readonly serviceMs = new Histogram();
  /** Times that it became ready: at first, and after each link that broke. */
  links = 0;
  batches = 0;
  rows = 0;
  /** Batches without a reply in time. */
  overdue = 0;
  /** Batches that came back without a reply, since it refused them or its link broke. */
  lost = 0;
  /** Times that it was ejected, or stayed so after a probe. */
  ejected = 0;
  /** Rows that went on to another replica. */
  retried = 0;
}
