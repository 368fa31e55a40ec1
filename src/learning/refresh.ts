import { POPULATION, stateKey } from "../domain/learningPorts.js";
import type { StateReading, StateRef, StateStore, WantedState } from "../domain/learningPorts.js";
import type { Clock } from "../domain/ports.js";
import type { FollowedApplication } from "./followedApplication.js";
import type { FoldedState } from "./groupFold.js";
import type { HeldState } from "./heldState.js";
import { ABSENT } from "./heldStates.js";
import type { HeldStates } from "./heldStates.js";

export interface RefreshDependencies {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly held: HeldStates;
  readonly caughtUp: (
    followed: FollowedApplication,
    readings: readonly StateReading[],
    known: ReadonlyMap<string, HeldState>,
  ) => Promise<readonly FoldedState[]>;
}

/** Changed entities beyond which all are forgotten instead: they are read again when they are asked for. */
const MAX_CHANGED = 10_000;
const READ_TOGETHER = 500;

/** Brings what is known up to the ends of the applications' logs. Rejects when the database cannot be asked. */
export async function refresh(applications: readonly FollowedApplication[], deps: RefreshDependencies): Promise<void> {
  if (applications.length === 0) return;
  const askedMs = deps.clock.nowMs();
  const heads = await deps.store.heads(applications.map(({ spec }) => spec.name));
  for (const followed of applications) {
    const head = heads.get(followed.spec.name) ?? 0;
    const unread = [...followed.unread];
    if (head > followed.knownSeq) await follow(followed, head, deps);
    else if (unread.length > 0) await catchUp(followed, populationsOf(unread), deps);
    for (const policyVersion of unread) followed.unread.delete(policyVersion);
    followed.confirmedMs = Math.max(followed.confirmedMs, askedMs);
  }
}

async function follow(followed: FollowedApplication, head: number, deps: RefreshDependencies): Promise<void> {
  const { name } = followed.spec;
  const changed =
    followed.knownSeq < 0 ? [] : await deps.store.entitiesSince(name, Math.max(0, followed.knownSeq), MAX_CHANGED);
  const stale = staleEntities(followed, changed, deps);
  const refs = [...populationsOf([...followed.spec.foldings.keys()]), ...stale];
  for (let from = 0; from < refs.length; from += READ_TOGETHER) {
    await catchUp(followed, refs.slice(from, from + READ_TOGETHER), deps);
  }
  followed.knownSeq = Math.max(followed.knownSeq, head);
}

function populationsOf(policyVersions: readonly number[]): StateRef[] {
  return policyVersions.map((policyVersion) => ({ policyVersion, entity: POPULATION }));
}

/** Those that are held and answer queries; what else has changed is forgotten. */
function staleEntities(
  followed: FollowedApplication,
  changed: readonly string[] | undefined,
  { held }: RefreshDependencies,
): StateRef[] {
  const { name, policyVersion } = followed.spec;
  followed.looks += 1;
  if (changed === undefined) {
    held.forgetApplication(name);
    return [];
  }
  const stale: StateRef[] = [];
  for (const entity of changed) {
    for (const version of held.versionsOf(name, entity)) {
      const ref = { policyVersion: version, entity };
      if (version === policyVersion && held.get(name, ref) !== ABSENT) stale.push(ref);
      else held.forget(name, ref);
    }
  }
  return stale;
}

async function catchUp(
  followed: FollowedApplication,
  refs: readonly StateRef[],
  { store, held, caughtUp }: RefreshDependencies,
): Promise<void> {
  const { name } = followed.spec;
  const known = new Map<string, HeldState>();
  const wanted: WantedState[] = refs.map((ref) => {
    const state = ref.entity === POPULATION ? followed.knownPopulation(ref.policyVersion) : heldOf(held, name, ref);
    if (state !== undefined) known.set(stateKey(ref), state);
    return { ...ref, knownSeq: state?.seq };
  });
  const readings = await store.read(name, wanted);
  // What was reset has nothing to be put in its place until it is observed again.
  for (const reading of readings) if (reading.anew && reading.entity !== POPULATION) held.forget(name, reading);
  for (const { ref, held: state } of await caughtUp(followed, readings, known)) {
    if (ref.entity === POPULATION) followed.putPopulation(ref.policyVersion, state);
    else held.put(name, ref, state);
  }
}

/** What is known and has nothing new is not folded, nor copied for it. */
export function bringsNews(reading: StateReading, known: ReadonlyMap<string, HeldState>): boolean {
  const { kept, anew, tail, priors } = reading;
  return kept !== undefined || anew || tail.length > 0 || priors !== undefined || !known.has(stateKey(reading));
}

function heldOf(held: HeldStates, application: string, ref: StateRef): HeldState | undefined {
  const entry = held.get(application, ref);
  return entry === ABSENT ? undefined : entry;
}
