import { POPULATION, stateKey } from "../domain/learningPorts.js";
import type { StateRef, WantedState } from "../domain/learningPorts.js";
import type { NewObservation } from "../domain/storePorts.js";
import type { FollowedApplication } from "./followedApplication.js";
import type { HeldState } from "./heldState.js";

/** What a group of observations will change. */
export interface AskedStates {
  readonly wanted: readonly WantedState[];
  /** What was known of them then. */
  readonly known: ReadonlyMap<string, HeldState>;
  /** Of the application then: see `FollowedApplication.looks`. */
  readonly looks: number;
}

/**
 * Where nobody else appends to the log, what is known here of a state is all there is, as long as the log ends where this
 * process knows it to end: it need not be read, which costs the database as much as storing the observation. Where others
 * do, every group would find the log gone on and have to ask once more, so all is asked for at once.
 */
export function askedStates(
  followed: FollowedApplication,
  observations: readonly NewObservation[],
  knownOf: (ref: StateRef) => HeldState | undefined,
): AskedStates {
  const wanted = new Map<string, WantedState>();
  const known = new Map<string, HeldState>();
  const { spec, isAlone, knownSeq, looks } = followed;
  const want = (policyVersion: number, entity: string): void => {
    const ref = { policyVersion, entity };
    const key = stateKey(ref);
    if (wanted.has(key)) return;
    const held = knownOf(ref);
    if (held !== undefined) known.set(key, held);
    const currentAt = isAlone && held?.isFollowed === true ? knownSeq : undefined;
    wanted.set(key, { policyVersion, entity, knownSeq: held?.seq, currentAt });
  };
  for (const { entity, learnedBy } of observations) {
    for (const policyVersion of learnedBy) {
      want(policyVersion, POPULATION);
      const isPersonal = spec.foldings.get(policyVersion)?.isPersonal === true;
      if (entity !== undefined && isPersonal) want(policyVersion, entity);
    }
  }
  return { wanted: [...wanted.values()], known, looks };
}
