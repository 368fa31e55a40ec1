import type { AdaptationState } from "../domain/learningPorts.js";
import type { DispatchReason, MemberFailureCode } from "../domain/prediction.js";
import type { Histogram } from "../lib/histogram.js";

/** Figures of one model version, as whoever knows them hands them over. */
export interface ModelFigures {
  readonly model: string;
  readonly version: number;
  readonly answered: number;
  readonly failed: number;
  /** Why those that failed did. */
  readonly failures: Readonly<Record<MemberFailureCode, number>>;
  readonly dropped: number;
  readonly retried: number;
  readonly overdue: number;
  readonly ejected: number;
  readonly retriesRefused: number;
  readonly quarantined: number;
  readonly batches: number;
  readonly rows: number;
  readonly dispatches: Readonly<Record<DispatchReason, number>>;
  /** Of each approximate cache of the version. */
  readonly approximate: readonly ApproximateFigures[];
  readonly cacheHits: number;
  readonly cacheMisses: number;
  readonly cacheJoined: number;
  readonly queuedRows: number;
  readonly readyReplicas: number;
  readonly unknownReplies: number;
  readonly unusableReplies: number;
  readonly serviceMs: Histogram;
  readonly wrapperMs: Histogram;
  readonly queueWaitMs: Histogram;
  readonly rowWaitMs: Histogram;
  readonly rowsPerBatch: Histogram;
  readonly replicas: readonly ReplicaFigures[];
}

export interface ReplicaFigures {
  readonly endpoint: string;
  readonly state: string;
  readonly links: number;
  readonly batches: number;
  readonly rows: number;
  readonly overdue: number;
  readonly lost: number;
  readonly ejected: number;
  readonly retried: number;
  readonly serviceMs: Histogram;
}

export interface ApproximateFigures {
  readonly hits: number;
  readonly misses: number;
  readonly skipped: number;
  readonly audits: number;
  readonly disagreements: number;
  readonly disagreementLow: number;
  readonly disagreementHigh: number;
  readonly radius: number | undefined;
  readonly entries: number;
}

/** A model's standing with an application's policy. */
export interface WeightFigures {
  readonly model: string;
  /** 0 to 1; of all linked models together 1. */
  readonly weight: number;
  readonly observations: number;
  /** Mean of its own loss since that last changed; undefined while none is known. */
  readonly recentLoss: number | undefined;
}

/** What one application learns, as this process knows it. */
export interface LearningFigures {
  readonly application: string;
  /** Observations that were learned from here. */
  readonly folded: number;
  /** Changes of a mean loss that this process told of, by whose it was. */
  readonly drifts: Readonly<Record<"APPLICATION" | "MODEL" | "ENTITY", number>>;
  /** Mean loss since it last changed; undefined while none is known. */
  readonly recentLoss: number | undefined;
  /** Whether learning makes up for the last change of that. */
  readonly adaptation: AdaptationState;
  /** Of the models linked now, as they are in the population's state. */
  readonly weights: () => readonly WeightFigures[];
  readonly realisedCoverage: number | undefined;
  /** What prediction sets are made for. */
  readonly statedCoverage: number;
  readonly stateAgeMs: number;
  readonly rebuildsPending: number;
  readonly groupRows: Histogram;
  readonly foldMs: Histogram;
}

export interface ProcessFigures {
  /** Entities' learned states in memory, remembered absences too. */
  readonly heldEntities: number;
  readonly heldEntityBytes: number;
  /** How late alarms fire, 99th percentile. */
  readonly eventLoopLateMs: number;
  readonly cacheBytes: number;
  readonly cacheEntries: number;
  readonly hotOperations: number;
  /** Refused whole, by code. */
  readonly refusedRequests: ReadonlyMap<string, number>;
}
