import type { KeptState, StateRef, StateStore } from "../domain/learningPorts.js";
import { messageOf } from "../domain/messageOf.js";
import type { Clock } from "../domain/ports.js";
import { noAnswer, within } from "../lib/within.js";
import type { FollowedApplication } from "./followedApplication.js";
import type { HeldState } from "./heldState.js";
import type { HeldStates } from "./heldStates.js";

export interface FlushOptions {
  readonly clock: Clock;
  readonly store: Pick<StateStore, "write">;
  readonly warn: (message: string) => void;
}

const FLUSHED_TOGETHER = 100;
const FLUSH_WITHIN_MS = 5_000;

/** By application what the database does not have as a whole yet. */
export function unkeptStates(
  held: HeldStates,
  applications: ReadonlyMap<string, FollowedApplication>,
): ReadonlyMap<string, readonly KeptState[]> {
  const unkept = new Map<string, KeptState[]>();
  const add = (
    application: string,
    ref: StateRef,
    { unkept: missing, seq, birth, birthSeq, state, encoded }: HeldState,
  ): void => {
    const folding = applications.get(application)?.spec.foldings.get(ref.policyVersion);
    if (missing === 0 || folding === undefined) return;
    const states = unkept.get(application) ?? [];
    unkept.set(application, states);
    states.push({ ...ref, seq, birth, birthSeq, state: encoded ?? folding.encode(state) });
  };
  for (const { application, ref, held: state } of held.entries()) add(application, ref, state);
  for (const [name, followed] of applications) {
    for (const { held: state, ...ref } of followed.populations()) add(name, ref, state);
  }
  return unkept;
}

/** Writes them where the database can be had: the log has all that they have learned, and a stop must not fail for them. */
export async function flushStates(
  { clock, store, warn }: FlushOptions,
  unkept: ReadonlyMap<string, readonly KeptState[]>,
): Promise<void> {
  try {
    await within(clock, FLUSH_WITHIN_MS, writeAll(store, unkept), noAnswer(FLUSH_WITHIN_MS));
  } catch (error) {
    warn(`learned states are not written, the next start learns them from the log: ${messageOf(error)}`);
  }
}

async function writeAll(
  store: Pick<StateStore, "write">,
  unkept: ReadonlyMap<string, readonly KeptState[]>,
): Promise<void> {
  for (const [application, states] of unkept) {
    for (let from = 0; from < states.length; from += FLUSHED_TOGETHER) {
      await store.write(application, states.slice(from, from + FLUSHED_TOGETHER));
    }
  }
}
