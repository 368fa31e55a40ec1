import { POPULATION } from "../domain/learningPorts.js";
import { LearningFigures } from "./learningFigures.js";
import { newbornState } from "./heldState.js";
import type { HeldState, StateFolding } from "./heldState.js";

/** What of an application learns. */
export interface LearningApplication {
  readonly name: string;
  /** The version that answers. */
  readonly policyVersion: number;
  /** How each version that there is learns, frozen ones too: their states answer receipts of theirs. */
  readonly foldings: ReadonlyMap<number, StateFolding>;
}

/** One application's part of what this process knows: its populations' states, and up to where it knows the log. */
export class FollowedApplication {
  spec: LearningApplication;
  /** Versions whose populations are to be read although the log has not gone on: they were heard of after its end. */
  readonly unread = new Set<number>();
  /** The log is known up to here; -1 before its first reading. */
  knownSeq = -1;
  /** The last group stored here found nothing of other servers before it in the log. */
  isAlone = true;
  /** How often what others have changed was looked for among the states that are held. */
  looks = 0;
  /** When (monotonic) that was last found to be all. */
  confirmedMs: number;
  /** Of what this process has folded. */
  readonly figures = new LearningFigures();
  readonly #populations = new Map<number, HeldState>();

  constructor(spec: LearningApplication, nowMs: number) {
    this.spec = spec;
    this.confirmedMs = nowMs;
  }

  /** What has learned nothing yet answers too: with the policy's first state. */
  population(policyVersion: number): HeldState | undefined {
    const known = this.#populations.get(policyVersion);
    if (known !== undefined) return known;
    const folding = this.spec.foldings.get(policyVersion);
    if (folding === undefined) return undefined;
    const made = newbornState(folding, folding.init(), 0, this.confirmedMs);
    this.#populations.set(policyVersion, made);
    return made;
  }

  /** Undefined as long as nothing has been read or learned. */
  knownPopulation(policyVersion: number): HeldState | undefined {
    const known = this.#populations.get(policyVersion);
    return known === undefined || known.seq === 0 ? undefined : known;
  }

  putPopulation(policyVersion: number, held: HeldState): void {
    const before = this.#populations.get(policyVersion);
    if (before === undefined || before.seq <= held.seq) this.#populations.set(policyVersion, held);
  }

  *populations(): IterableIterator<{
    readonly policyVersion: number;
    readonly entity: string;
    readonly held: HeldState;
  }> {
    for (const [policyVersion, held] of this.#populations) yield { policyVersion, entity: POPULATION, held };
  }
}
