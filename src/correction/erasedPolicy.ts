import type { CorrectionPolicy, PolicyMember, Selection, Answered, Combined, Evidence } from "./correctionPolicy.js";
import type { Conditioning, SharedPrior, TargetWeights, WeightReport } from "./correctionPolicy.js";
import type { PolicyKind } from "../domain/policySpec.js";
import type { Random } from "../domain/ports.js";
import type { Truth } from "../domain/storePorts.js";

/** A state whose type only its policy knows. Made by a `LearnedPolicy` alone. */
export class PolicyState {
  readonly #layout: string;
  readonly #state: unknown;

  constructor(layout: string, state: unknown) {
    this.#layout = layout;
    this.#state = state;
  }

  /** What was put in, if it was put in under this layout; throws otherwise. */
  open(layout: string): unknown {
    if (this.#layout === layout) return this.#state;
    throw new TypeError(`state of policy ${this.#layout} given to policy ${layout}`);
  }
}

/** A policy of any kind: what stands between `newPolicy` and those who keep states without looking into them. */
export type LearnedPolicy = CorrectionPolicy<PolicyState>;

/**
 * Hides the type of a policy's states. `layout` names that type: a state goes from one policy object to another of the
 * same layout (as when an application's settings are read again), and to no other.
 */
export function erase<State>(layout: string, policy: CorrectionPolicy<State>): LearnedPolicy {
  return new ErasedPolicy(layout, policy);
}

const NO_CHANCES: ReadonlyMap<string, number> = new Map();

class ErasedPolicy<State> implements LearnedPolicy {
  readonly #layout: string;
  readonly #policy: CorrectionPolicy<State>;

  constructor(layout: string, policy: CorrectionPolicy<State>) {
    this.#layout = layout;
    this.#policy = policy;
  }

  get kind(): PolicyKind {
    return this.#policy.kind;
  }

  get featureModel(): string | undefined {
    return this.#policy.featureModel;
  }

  get answersFromFeatures(): boolean {
    return this.#policy.answersFromFeatures;
  }

  get isPersonal(): boolean {
    return this.#policy.isPersonal;
  }

  get sharedPrior(): SharedPrior<PolicyState> | undefined {
    const prior = this.#policy.sharedPrior;
    return (
      prior && {
        estimate: (entities) => prior.estimate(entities.map((entity) => this.#open(entity))),
        estimating: (entities) => prior.estimating(entities.map((entity) => this.#open(entity))),
        adopt: (population, content) => prior.adopt(this.#open(population), content),
        refit: (entity, content) => prior.refit(this.#open(entity), content),
      }
    );
  }

  get conditioning(): Conditioning<PolicyState> | undefined {
    const conditioning = this.#policy.conditioning;
    return (
      conditioning && {
        condition: (state) => conditioning.condition(this.#open(state)),
        isIll: (state) => conditioning.isIll(this.#open(state)),
        strengthen: (birth, state) => conditioning.strengthen(this.#open(birth), this.#open(state)),
      }
    );
  }

  init(): PolicyState {
    return this.#close(this.#policy.init());
  }

  inherit(population: PolicyState): PolicyState {
    return this.#close(this.#policy.inherit(this.#open(population)));
  }

  select(
    state: PolicyState,
    members: readonly PolicyMember[],
    context: Float64Array | undefined,
    random: Random,
  ): Selection {
    return this.#policy.select(this.#open(state), members, context, random);
  }

  combine(
    state: PolicyState,
    members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
    context: Float64Array | undefined,
    random: Random,
  ): Combined {
    return this.#policy.combine(this.#open(state), members, selection, answered, context, random);
  }

  isDecided(
    state: PolicyState,
    members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
    context: Float64Array | undefined,
  ): boolean {
    return this.#policy.isDecided(this.#open(state), members, selection, answered, context);
  }

  get chances(): LearnedPolicy["chances"] {
    const policy = this.#policy;
    if (policy.chances === undefined) return undefined;
    return (state, members, context, answered) =>
      policy.chances?.(this.#open(state), members, context, answered) ?? NO_CHANCES;
  }

  observe(state: PolicyState, evidence: Evidence, truth: Truth): boolean {
    return this.#policy.observe(this.#open(state), evidence, truth);
  }

  encode(state: PolicyState): Uint8Array {
    return this.#policy.encode(this.#open(state));
  }

  decode(bytes: Uint8Array): PolicyState {
    return this.#close(this.#policy.decode(bytes));
  }

  unencodedBytes(state: PolicyState): number {
    return this.#policy.unencodedBytes?.(this.#open(state)) ?? 0;
  }

  weights(state: PolicyState, members: readonly PolicyMember[]): readonly WeightReport[] {
    return this.#policy.weights(this.#open(state), members);
  }

  regression(state: PolicyState): readonly TargetWeights[] {
    return this.#policy.regression?.(this.#open(state)) ?? [];
  }

  #close(state: State): PolicyState {
    return new PolicyState(this.#layout, state);
  }

  /** What is under this layout was closed by a policy of the same type of state. */
  #open(state: PolicyState): State {
    return state.open(this.#layout) as State;
  }
}
