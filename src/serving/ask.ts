import type { Selection } from "../correction/correctionPolicy.js";
import type { LearnedPolicy, PolicyState } from "../correction/erasedPolicy.js";
import type { Clock, Random, RowQuery } from "../domain/ports.js";
import type { CombinedAnswer, MemberMissing, MemberPrediction } from "../domain/prediction.js";
import type { Caller } from "../lib/caller.js";
import { whenKnown } from "../lib/whenKnown.js";
import type { Member, ServedApplication } from "./catalogue.js";
import { gather } from "./gather.js";
import type { Gathered } from "./gather.js";
import { readNumbers } from "./tensorValues.js";

export interface AskDependencies {
  readonly clock: Clock;
  readonly random: Random;
}

/** For how long models are waited for. */
export interface Patience {
  /**
   * Monotonic milliseconds from which on models that cannot change the answer any more are not waited for: before that
   * everyone is, since a model that is not heard teaches nothing.
   */
  readonly straggleMs: number;
  readonly caller: Caller | undefined;
}

/** What the models said, and what the policy makes of it. */
export interface Asked extends Gathered {
  /** Undefined if nothing was there to be combined. */
  readonly combined: CombinedAnswer | undefined;
}

/** The features of one query, and the feature model's share in them. */
interface Features extends Gathered {
  readonly values: Float64Array | undefined;
}

const NO_FEATURES: Features = { values: undefined, present: [], missing: [] };

/**
 * Selects the models to ask for one row, asks them until the deadline, and combines what they have said. `state` is the
 * policy's, of the entity or of the population.
 */
export function ask(
  deps: AskDependencies,
  served: ServedApplication,
  state: PolicyState,
  query: RowQuery,
  patience: Patience,
): Asked | Promise<Asked> {
  return whenKnown(featuresOf(deps.clock, served, query, patience.caller), (features) =>
    askMembers(deps, served, state, query, patience, features),
  );
}

function askMembers(
  deps: AskDependencies,
  served: ServedApplication,
  state: PolicyState,
  query: RowQuery,
  { straggleMs, caller }: Patience,
  features: Features,
): Asked | Promise<Asked> {
  const { policy, policyMembers } = served;
  const selection = policy.select(state, policyMembers, features.values, deps.random);
  const members = membersOf(served, selection);
  const decided = (present: readonly MemberPrediction[]): boolean =>
    policy.isDecided(state, policyMembers, selection, present, features.values);
  const straggling = members.length > 1 ? { fromMs: straggleMs, decided } : undefined;
  const gathering = members.length === 0 ? NO_FEATURES : gather(deps.clock, members, query, { straggling, caller });
  return whenKnown(gathering, (gathered: Gathered): Asked => {
    const { present, missing } = gathered;
    const combined = combine(deps, served, state, selection, present, features.values);
    if (features === NO_FEATURES) return { present, missing, combined };
    return { present: [...features.present, ...present], missing: [...features.missing, ...missing], combined };
  });
}

function featuresOf(
  clock: Clock,
  { features }: ServedApplication,
  query: RowQuery,
  caller: Caller | undefined,
): Features | Promise<Features> {
  if (features === undefined) return NO_FEATURES;
  if (features.kind === "TENSOR") {
    const values = readNumbers(features.datatype, query.row[features.index] as Uint8Array);
    return { values, present: [], missing: [] };
  }
  return whenKnown(gather(clock, [features.member], query, { caller }), (gathered: Gathered): Features => {
    const output = gathered.present[0]?.output;
    return { ...gathered, values: output?.kind === "NUMBERS" ? output.numbers : undefined };
  });
}

function membersOf({ members }: ServedApplication, { models }: Selection): readonly Member[] {
  if (models.length === members.length) return members;
  return members.filter(({ model }) => models.includes(model));
}

/** A policy that regresses over features needs no other model's answer. */
function combine(
  { random }: AskDependencies,
  { application, policy, policyMembers }: ServedApplication,
  state: PolicyState,
  selection: Selection,
  present: readonly MemberPrediction[],
  context: Float64Array | undefined,
): CombinedAnswer | undefined {
  if (!canCombine(policy, present, context)) return undefined;
  const { output, agreement, choice } = policy.combine(state, policyMembers, selection, present, context, random);
  return { output, spec: application.output, agreement, choice, context, members: present };
}

function canCombine(
  { answersFromFeatures }: LearnedPolicy,
  present: readonly MemberPrediction[],
  context: Float64Array | undefined,
): boolean {
  return present.length > 0 || (answersFromFeatures && context !== undefined);
}

/** All members missing, without asking them. */
export function shed({ members }: ServedApplication, message: string, retryAfterMs: number): Asked {
  const missing: MemberMissing[] = members.map(({ model, version }) => ({
    model,
    version,
    code: "OVERLOADED",
    message,
    retryAfterMs,
  }));
  return { present: [], missing, combined: undefined };
}
