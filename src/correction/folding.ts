import type { MemberOutput } from "../domain/prediction.js";
import type { Truth } from "../domain/storePorts.js";
import type { Evidence } from "./correctionPolicy.js";

/** An observation as states learn from it: what the prediction was made of, what it was, what turned out to be true. */
export interface Lesson {
  readonly evidence: Evidence;
  /** What the policy made of it, and with which agreement. */
  readonly answer: { readonly output: MemberOutput; readonly agreement: number } | undefined;
  readonly truth: Truth;
}

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
  observe(state: State, lesson: Lesson): void;
  /** What a row of the log says; undefined where it holds no evidence to learn from. */
  read(truth: Truth, evidence: unknown): Lesson | undefined;
  encode(state: State): Uint8Array;
  decode(bytes: Uint8Array): State;
}
