import type { MemberOutput } from "../domain/prediction.js";
import type { Truth } from "../domain/storePorts.js";
import type { Adapted } from "./adaptation.js";
import type { Replayed } from "./answeredAgain.js";
import type { Conditioning, Evidence, SharedPrior } from "./correctionPolicy.js";

/** An observation as states learn from it: what the prediction was made of, what it was, what turned out to be true. */
export interface Lesson {
  readonly evidence: Evidence;
  /** What the policy made of it, and with which agreement. */
  readonly answer: { readonly output: MemberOutput; readonly agreement: number } | undefined;
  readonly truth: Truth;
  /** Whom it is of; undefined: nobody in particular. */
  readonly entity?: string | undefined;
  /** Present where another policy had answered, and this one learns as if it had. */
  readonly replayed?: Replayed | undefined;
}

/** Where a row stands in the log, which policy version had answered it, and whom. */
export interface RowPlace {
  readonly seq: number;
  readonly policyVersion: number;
  readonly entity: string | undefined;
}

/** Of a mean: what it was before and after it changed. */
export interface Change {
  readonly meanBefore: number;
  readonly meanAfter: number;
}

/** A change of a mean loss that is to be told. */
export interface Drift extends Change {
  readonly detector: "ADWIN" | "PAGE_HINKLEY";
  /** Whose losses changed; undefined: the answers'. */
  readonly model: string | undefined;
}

/** What an observation brought to light, to be told. */
export type Finding = Drift | Adapted;

/**
 * How the observations of one application become the states of one policy version: of the population and of each entity.
 * Pure and deterministic: the same lessons in the same order give the same bytes. `observe` changes its state in place.
 */
export interface Folding<State> {
  /** Entities have states of their own. */
  readonly isPersonal: boolean;
  /** The population's, before any observation. */
  init(): State;
  /** An entity's, before its first observation, from the population's at that moment. */
  inherit(population: State): State;
  /** Gives what it noticed: changes of mean losses, but for those soon after one that was told, and what became of them. */
  observe(state: State, lesson: Lesson): readonly Finding[];
  /**
   * What a row of the log says; undefined where it holds no evidence to learn from. Without its place it is taken for one
   * that the version has answered, or that it learned when it was observed.
   */
  read(truth: Truth, evidence: unknown, place?: RowPlace): Lesson | undefined;
  encode(state: State): Uint8Array;
  decode(bytes: Uint8Array): State;
  /** What a state takes in memory beside its encoding's bytes and the objects that every state has; absent: nothing. */
  unencodedBytes?(state: State): number;
  /** What entities can be born with beside the population's state; undefined for policies that have nothing of the kind. */
  readonly sharedPrior?: SharedPrior<State> | undefined;
  readonly conditioning?: Conditioning<State> | undefined;
}
