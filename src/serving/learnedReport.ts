import type { TargetWeights, WeightReport } from "../correction/correctionPolicy.js";
import { DEFAULT_COVERAGE } from "../correction/learnedState.js";
import { newPolicy } from "../correction/newPolicy.js";
import type { Application, PolicyVersion } from "../domain/application.js";
import type { AdaptationState } from "../domain/learningPorts.js";
import type { HeldState } from "../learning/heldState.js";

/** What a policy version has learned of one entity, or of all. */
export interface LearnedReport {
  readonly application: string;
  readonly policyVersion: number;
  /** Undefined: the population. */
  readonly entity: string | undefined;
  /** The entity has a state of its own; else this is the population's, which answers it. */
  readonly personalised: boolean;
  readonly weights: readonly WeightReport[];
  /** Where the policy regresses over a feature model's output; else empty. */
  readonly regression: readonly TargetWeights[];
  readonly observations: number;
  /** Of the answers whose loss is known; undefined before the first. */
  readonly meanLoss: number | undefined;
  /** Share of the last 1,000 truths that their prediction set would have held: of the population alone. */
  readonly realisedCoverage: number | undefined;
  readonly drifts: number;
  /** At which observation the last change was noticed; 0: none was. */
  readonly lastDriftAt: number;
  /** Of the population alone. */
  readonly adaptation: AdaptationState | undefined;
  /** Up to where in the application's log it is folded. */
  readonly seq: number;
  readonly bytes: number;
}

export interface ReportedState {
  readonly application: Application;
  readonly version: PolicyVersion;
  readonly entity: string | undefined;
  readonly held: HeldState;
  readonly personalised: boolean;
}

/** Weights are those of the models that are linked now: what is learned of others waits for their return. */
export function learnedReport({ application, version, entity, held, personalised }: ReportedState): LearnedReport {
  const { state, seq, bytes } = held;
  const policy = newPolicy({ policy: version.policy, loss: version.loss, output: application.output });
  const members = application.links.filter(({ model }) => model !== policy.featureModel);
  return {
    application: application.name,
    policyVersion: version.version,
    entity,
    personalised,
    weights: policy.weights(state.policy, members),
    regression: policy.regression?.(state.policy) ?? [],
    observations: state.observations,
    meanLoss: state.losses === 0 ? undefined : state.lossSum / state.losses,
    realisedCoverage: state.answers?.conformal.realisedCoverage(application.coverage ?? DEFAULT_COVERAGE),
    drifts: state.drifts,
    lastDriftAt: state.lastDriftAt,
    adaptation: state.answers?.adaptation.state,
    seq,
    bytes,
  };
}
