import type { Output } from "../domain/application.js";
import type { PolicyKind } from "../domain/policySpec.js";
import type { Choice, MemberOutput } from "../domain/prediction.js";
import type { Random } from "../domain/ports.js";
import type { Truth } from "../domain/storePorts.js";

/** A linked model as a policy sees it. Feature models that only give the context are not among the members. */
export interface PolicyMember {
  readonly model: string;
  /** Of its link; only `static` uses it. */
  readonly weight: number;
}

export interface Selection {
  /** Models to ask, in the members' order. */
  readonly models: readonly string[];
  /** Absent for policies that ask all. */
  readonly choice: Choice | undefined;
}

export interface Answered {
  readonly model: string;
  readonly output: MemberOutput;
}

export interface Combined {
  readonly output: Output;
  /** 0 to 1: share of the selected models' weight that agrees, missing ones disagreeing; not calibrated yet. */
  readonly agreement: number;
  /** Made by policies that choose among outputs (`exp4`); else the selection's. */
  readonly choice: Choice | undefined;
}

/** A model's standing, as operators see it. */
export interface WeightReport {
  readonly model: string;
  /** 0 to 1; of all members together 1. */
  readonly weight: number;
  /** That told its loss, those inherited from the population included. */
  readonly observations: number;
}

/** How one target of a regression is answered: the intercept, and what each feature adds for each unit of it. */
export interface TargetWeights {
  /** Whose score it is; undefined where the output is no label. */
  readonly label: string | undefined;
  readonly intercept: number;
  readonly weights: Float64Array;
}

/** What a prediction left behind for learning. */
export interface Evidence {
  readonly answered: readonly Answered[];
  readonly choice: Choice | undefined;
  readonly context: Float64Array | undefined;
}

/** What a policy can learn from many entities for those to come; its contents are JSON, for the log. */
export interface SharedPrior<State> {
  /** Undefined while they are too few. */
  estimate(entities: readonly State[]): unknown;
  /** The same in steps of a millisecond or so, for whoever has other things to do in between. */
  estimating(entities: readonly State[]): Generator<void, unknown, void>;
  /** The population's entities are born with it from now on. False where it does not fit; throws where it is none. */
  adopt(population: State, content: unknown): boolean;
  /** An entity that is there already gets it under what it observed. False, and nothing changed, where it does not fit. */
  refit(entity: State, content: unknown): boolean;
}

/** Of regressions: how far they are from losing their digits, and what helps. */
export interface Conditioning<State> {
  /** Estimated; above 1e10 ten of sixteen digits are gone. */
  condition(state: State): number;
  isIll(state: State): boolean;
  /**
   * The state at birth, in place, with as much more precision around its prior as keeps what `state` has observed well
   * conditioned. Gives that precision; undefined, and nothing changed, where it has as much already.
   */
  strengthen(birth: State, state: State): number | undefined;
}

/**
 * Selects models, combines their outputs, learns from observations. Pure: no input or output; randomness is a parameter;
 * a state is changed by `observe` alone, in place, and only by what the observation says, never by what is linked at
 * the moment: the same observations in the same order give the same state, bit for bit. So a state gets to know a model
 * when an observation first names it; until then the model is taken at the mean weight of the others.
 *
 * Made for one application (its output, loss and policy parameters) by `newPolicy`.
 */
export interface CorrectionPolicy<State> {
  readonly kind: PolicyKind;
  /** The model to ask before selecting, whose output is the context. */
  readonly featureModel: string | undefined;
  /** It regresses over the context: no other model has to answer. */
  readonly answersFromFeatures: boolean;
  /** Entities have states of their own; false where nothing is learned. */
  readonly isPersonal: boolean;
  /** Of policies whose entities can begin with more than the population's state. */
  readonly sharedPrior?: SharedPrior<State> | undefined;
  /** Of policies whose states can lose their digits to ill-conditioned data. */
  readonly conditioning?: Conditioning<State> | undefined;
  /** The population's state before any observation. */
  init(): State;
  /** An entity's state before its first observation, from the population's at that moment, which stays as it is. */
  inherit(population: State): State;
  /** `context` where the policy has a source of one. At least one member. */
  select(state: State, members: readonly PolicyMember[], context: Float64Array | undefined, random: Random): Selection;
  /** At least one of the selected models answered, in any order. */
  combine(
    state: State,
    members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
    context: Float64Array | undefined,
    random: Random,
  ): Combined;
  /** Whether the selected models that are missing cannot change the label, or nobody is missing. Scores may still change. */
  isDecided(
    state: State,
    members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
    context: Float64Array | undefined,
  ): boolean;
  /**
   * The probability with which each arm would be chosen: of a policy that chooses. Those of `exp4` are labels, and need the
   * answers of the models.
   */
  readonly chances?:
    | ((
        state: State,
        members: readonly PolicyMember[],
        context: Float64Array | undefined,
        answered: readonly Answered[],
      ) => ReadonlyMap<string, number>)
    | undefined;
  /** Learns in place. False if the evidence holds nothing that it could learn from. */
  observe(state: State, evidence: Evidence, truth: Truth): boolean;
  /** First byte: version of the layout. */
  encode(state: State): Uint8Array;
  /** Throws on bytes that `encode` has not made. */
  decode(bytes: Uint8Array): State;
  /** What a state takes in memory beside its encoding's bytes and the objects that every state has; absent: nothing. */
  unencodedBytes?(state: State): number;
  /** For operators. */
  weights(state: State, members: readonly PolicyMember[]): readonly WeightReport[];
  /** Of policies that regress the truth on a feature model's output, once something was learned. For operators. */
  regression?(state: State): readonly TargetWeights[];
}
