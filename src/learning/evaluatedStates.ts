import type { LearnedState, ReplayFolding } from "../correction/learnedState.js";

/** Entities with a state of their own; those that come after so many are judged by what all have taught. */
const MAX_ENTITIES = 20_000;
/** Of all states as they are born, which is about what they stay. */
const MAX_BYTES = 64 << 20;

/** What a policy has learned of a log so far, in memory alone: of all, and of as many entities as fit. */
export class EvaluatedStates {
  readonly #folding: ReplayFolding;
  readonly #population: LearnedState;
  readonly #entities = new Map<string, LearnedState>();
  #bytes = 0;

  constructor(folding: ReplayFolding) {
    this.#folding = folding;
    this.#population = folding.init();
  }

  /** The states that learn from an observation, the one that answers it first. */
  of(entity: string | undefined): readonly LearnedState[] {
    if (entity === undefined || !this.#folding.isPersonal) return [this.#population];
    const own = this.#entities.get(entity) ?? this.#born(entity);
    return own === undefined ? [this.#population] : [own, this.#population];
  }

  #born(entity: string): LearnedState | undefined {
    if (this.#entities.size >= MAX_ENTITIES || this.#bytes >= MAX_BYTES) return undefined;
    const born = this.#folding.inherit(this.#population);
    this.#bytes += this.#folding.encode(born).length;
    this.#entities.set(entity, born);
    return born;
  }
}
