import type { AdaptationState, AppendedObservation, LogEvent } from "../domain/learningPorts.js";
import { Histogram } from "../lib/histogram.js";

/** Whose mean loss changed. */
export type DriftOf = "APPLICATION" | "MODEL" | "ENTITY";

/** What one process has folded of an application's observations since it began to follow it. */
export interface FoldCounts {
  /** Observations that some policy version learned from. */
  readonly folded: number;
  /** Told in the log by this process; over all servers together each counts once. */
  readonly drifts: Readonly<Record<DriftOf, number>>;
  /** Observations that were committed together. */
  readonly groupRows: Histogram;
  /** From the readings to the states that are written, turns given to others included. */
  readonly foldMs: Histogram;
}

/** With what is known of its answers, which is the same on every server. */
export interface ApplicationLearning extends FoldCounts {
  /** Mean loss of the answers since it last changed; undefined while none is known. */
  readonly recentLoss: number | undefined;
  readonly adaptation: AdaptationState;
  readonly realisedCoverage: number | undefined;
  /** What prediction sets are made for. */
  readonly statedCoverage: number;
  readonly stateAgeMs: number;
}

export class LearningFigures {
  readonly #groupRows = new Histogram();
  readonly #foldMs = new Histogram();
  readonly #drifts: Record<DriftOf, number> = { APPLICATION: 0, MODEL: 0, ENTITY: 0 };
  #folded = 0;

  get counts(): FoldCounts {
    return { folded: this.#folded, drifts: this.#drifts, groupRows: this.#groupRows, foldMs: this.#foldMs };
  }

  /** After the commit. */
  record(fresh: readonly AppendedObservation[], events: readonly LogEvent[], foldedMs: number): void {
    this.#groupRows.record(fresh.length);
    this.#foldMs.record(foldedMs);
    for (const { observation } of fresh) if (observation.learnedBy.length > 0) this.#folded += 1;
    for (const { kind, content } of events) {
      if (kind === "DRIFT") this.#count(content as { readonly of?: string; readonly count?: number });
    }
  }

  #count({ of, count = 0 }: { readonly of?: string; readonly count?: number }): void {
    if (of === "ENTITIES") this.#drifts.ENTITY += count;
    else if (of === "APPLICATION" || of === "MODEL" || of === "ENTITY") this.#drifts[of] += 1;
  }
}
