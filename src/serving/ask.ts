import type { Selection } from "../correction/correctionPolicy.js";
import type { LearnedPolicy, PolicyState } from "../correction/erasedPolicy.js";
import type { Clock, Random, RowQuery } from "../domain/ports.js";
import type { CombinedAnswer, MemberMissing, MemberPrediction } from "../domain/prediction.js";
import { Caller } from "../lib/caller.js";
import { whenKnown } from "../lib/whenKnown.js";
import type { FeatureSource, Member, ServedApplication } from "./catalogue.js";
import { featuresName } from "../domain/policySpec.js";
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
   * Monotonic milliseconds. Models that cannot change the answer any more are not waited for once they are later than they
   * usually are: not before the first moment, from the second on in any case. Until then everyone is waited for, since a
   * model that is not heard teaches nothing.
   */
  readonly noSoonerMs: number;
  readonly straggleMs: number;
  /** Whether an answer with so much agreement is given; absent: with any. What is missing counts as disagreeing. */
  readonly isEnough?: ((agreement: number) => boolean) | undefined;
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
  /** `model@version`; undefined for an input tensor. */
  readonly from: string | undefined;
}

/** Whom the policy has selected, and what they say. */
interface Hearing {
  readonly selection: Selection;
  readonly gathering: Gathered | Promise<Gathered>;
}

/** Whom the policy has selected, from what. */
interface Selected {
  readonly selection: Selection;
  readonly members: readonly Member[];
  readonly features: Features;
}

type FeatureModel = Extract<FeatureSource, { kind: "MODEL" }>;

const NOBODY: Gathered = { present: [], missing: [] };
const NO_FEATURES: Features = { ...NOBODY, values: undefined, from: undefined };

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
  const features = featuresAtOnce(served, query);
  if (features !== undefined) return askMembers(deps, served, state, query, patience, features);
  const caller = callerWith(patience);
  const coming = featuresOf(deps.clock, served.features as FeatureModel, query, caller);
  if (!(coming instanceof Promise)) return askMembers(deps, served, state, query, patience, coming);
  return askBeside(deps, served, state, query, patience, { coming, caller });
}

/** A row for which one member is to be asked, and what the policy was given to choose it. */
export interface AskedAlone {
  readonly member: Member;
  readonly selection: Selection;
  readonly features: Features;
}

/**
 * The same for a row among others: where its policy selects one member, and has not to wait for features before, it is left
 * to the caller to ask that, together with other rows', and to call `askedAlone` with what has come of it.
 */
export function askAmongRows(
  deps: AskDependencies,
  served: ServedApplication,
  state: PolicyState,
  query: RowQuery,
  patience: Patience,
): AskedAlone | Asked | Promise<Asked> {
  const features = featuresAtOnce(served, query);
  if (features === undefined) return ask(deps, served, state, query, patience);
  const selection = served.policy.select(state, served.policyMembers, features.values, deps.random);
  const members = membersOf(served, selection);
  const [only] = members;
  if (only !== undefined && members.length === 1) return { member: only, selection, features };
  const gathering = hearMembers(deps, served, state, query, patience, { selection, members, features });
  return whenKnown(gathering, (gathered: Gathered) => askedOf(deps, served, state, selection, gathered, features));
}

export function isAskedAlone(asked: AskedAlone | Asked | Promise<Asked>): asked is AskedAlone {
  return "member" in asked;
}

export function askedAlone(
  deps: AskDependencies,
  served: ServedApplication,
  state: PolicyState,
  { selection, features }: AskedAlone,
  gathered: Gathered,
): Asked {
  return askedOf(deps, served, state, selection, gathered, features);
}

/** Undefined: they have to be waited for. */
function featuresAtOnce({ features, members }: ServedApplication, query: RowQuery): Features | undefined {
  if (features?.kind !== "MODEL") return givenFeatures(features, query);
  return !features.isLearned && members.length > 0 ? NO_FEATURES : undefined;
}

function askMembers(
  deps: AskDependencies,
  served: ServedApplication,
  state: PolicyState,
  query: RowQuery,
  patience: Patience,
  features: Features,
): Asked | Promise<Asked> {
  const { selection, gathering } = hear(deps, served, state, query, patience, features);
  return whenKnown(gathering, (gathered: Gathered) => askedOf(deps, served, state, selection, gathered, features));
}

/**
 * From half of the query's time on the features are not waited for alone: the policy selects without them, so that who can
 * answer without them has time left for it. A policy that answers from features takes them as long as they come in time,
 * and the others' answers in their place; another one has chosen by then, and learns by the features if they have come.
 */
async function askBeside(
  deps: AskDependencies,
  served: ServedApplication,
  state: PolicyState,
  query: RowQuery,
  patience: Patience,
  { coming, caller }: { readonly coming: Promise<Features>; readonly caller: Caller },
): Promise<Asked> {
  const { policy, policyMembers, members } = served;
  const soon = await comingUntil(deps.clock, coming, patience.straggleMs);
  if (soon !== undefined || members.length === 0)
    return askMembers(deps, served, state, query, patience, soon ?? (await coming));
  const others = callerWith(patience);
  const { selection: asked, gathering } = hear(
    deps,
    served,
    state,
    query,
    { ...patience, caller: others },
    NO_FEATURES,
  );
  if (!policy.answersFromFeatures) {
    const gathered = await gathering;
    caller.leave();
    return askedOf(deps, served, state, asked, gathered, await coming);
  }
  const late = await coming;
  const selection = policy.select(state, policyMembers, late.values, deps.random);
  if (selection.models.length > 0) return askedOf(deps, served, state, asked, await gathering, late);
  others.leave();
  return askedOf(deps, served, state, selection, NOBODY, late);
}

/** One who leaves with the query's own, or before. */
function callerWith({ caller }: Patience): Caller {
  const own = new Caller();
  caller?.onLeave(() => own.leave());
  return own;
}

/** What has come by then; undefined: nothing has. */
function comingUntil<T>(clock: Clock, coming: Promise<T>, untilMs: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = clock.at(untilMs, () => resolve(undefined));
    coming.then((value) => {
      cancel();
      resolve(value);
    }, reject);
  });
}

function hear(
  deps: AskDependencies,
  served: ServedApplication,
  state: PolicyState,
  query: RowQuery,
  patience: Patience,
  features: Features,
): Hearing {
  const selection = served.policy.select(state, served.policyMembers, features.values, deps.random);
  const members = membersOf(served, selection);
  return { selection, gathering: hearMembers(deps, served, state, query, patience, { selection, members, features }) };
}

function hearMembers(
  { clock, random }: AskDependencies,
  { policy, policyMembers }: ServedApplication,
  state: PolicyState,
  query: RowQuery,
  { noSoonerMs, straggleMs, caller, isEnough }: Patience,
  { selection, members, features: { values } }: Selected,
): Gathered | Promise<Gathered> {
  if (members.length === 0) return NOBODY;
  const decided = (present: readonly MemberPrediction[]): boolean =>
    policy.isDecided(state, policyMembers, selection, present, values) &&
    (isEnough === undefined ||
      isEnough(policy.combine(state, policyMembers, selection, present, values, random).agreement));
  const straggling = members.length > 1 ? { earliestMs: noSoonerMs, latestMs: straggleMs, decided } : undefined;
  return gather(clock, members, query, { straggling, caller });
}

function askedOf(
  deps: AskDependencies,
  served: ServedApplication,
  state: PolicyState,
  selection: Selection,
  { present, missing }: Gathered,
  features: Features,
): Asked {
  const combined = combine(deps, served, state, selection, present, features);
  if (features.present.length + features.missing.length === 0) return { present, missing, combined };
  return { present: [...features.present, ...present], missing: [...features.missing, ...missing], combined };
}

function givenFeatures(features: Exclude<FeatureSource, { kind: "MODEL" }> | undefined, { row }: RowQuery): Features {
  if (features === undefined) return NO_FEATURES;
  return { ...NO_FEATURES, values: readNumbers(features.datatype, row[features.index] as Uint8Array) };
}

function featuresOf(
  clock: Clock,
  { member, isLearned }: FeatureModel,
  query: RowQuery,
  caller: Caller,
): Features | Promise<Features> {
  const from = featuresName(member.model, member.version);
  return whenKnown(gather(clock, [member], query, { caller }), (gathered: Gathered): Features => {
    const output = gathered.present[0]?.output;
    return { values: isLearned && output?.kind === "NUMBERS" ? output.numbers : undefined, from, ...gathered };
  });
}

function membersOf({ members }: ServedApplication, { models }: Selection): readonly Member[] {
  if (models.length === members.length) return members;
  return members.filter(({ model }) => models.includes(model));
}

/** A policy that regresses over features needs no other model's answer; without those it learns on it says what it knows. */
function combine(
  { random }: AskDependencies,
  { application, policy, policyMembers }: ServedApplication,
  state: PolicyState,
  selection: Selection,
  present: readonly MemberPrediction[],
  features: Features,
): CombinedAnswer | undefined {
  if (!canCombine(policy, present, features)) return undefined;
  const { values: context, from: contextFrom } = features;
  const { output, agreement, choice } = policy.combine(state, policyMembers, selection, present, context, random);
  return { output, spec: application.output, agreement, choice, context, contextFrom, members: present };
}

function canCombine(
  { answersFromFeatures }: LearnedPolicy,
  present: readonly MemberPrediction[],
  features: Features,
): boolean {
  return present.length > 0 || (answersFromFeatures && (features.values !== undefined || features.present.length > 0));
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
