import type { ApplicationLink, Output, OutputSpec } from "../domain/application.js";
import type { MemberOutput } from "../domain/prediction.js";

/** A model that a policy chose for a query. */
export interface Selected {
  /** Index into the application's links. */
  readonly member: number;
  readonly weight: number;
  /** Probability with which the policy chose it, as it was at prediction time. */
  readonly propensity: number;
}

export interface Vote {
  readonly weight: number;
  readonly output: MemberOutput;
}

export interface Combined {
  readonly output: Output;
  /** 0 to 1. Selected models that are missing count as disagreeing. */
  readonly confidence: number;
}

/** Selects models and combines their outputs. Pure: no input or output, time and randomness are parameters. */
export interface CorrectionPolicy {
  select(links: readonly ApplicationLink[]): readonly Selected[];
  /** `votes` has at least one member; `missingWeight` is the weight of those selected that did not answer. */
  combine(spec: OutputSpec, votes: readonly Vote[], missingWeight: number): Combined;
}
