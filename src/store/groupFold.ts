import { FailureError, failure } from "../domain/failure.js";
import type {
  AppendedObservation,
  GroupLearner,
  LearnedGroup,
  StateReading,
  WantedState,
} from "../domain/learningPorts.js";
import type { NewObservation } from "../domain/storePorts.js";

/**
 * What a learner makes of one group in one attempt at storing it. Whatever becomes of the attempt, the learner is told
 * once: `committed` only after COMMIT was answered, `abandoned` on every other way, even when its folding ends only after
 * the connection was given up.
 */
export class GroupFold {
  readonly #learner: GroupLearner | undefined;
  readonly #application: string;
  #learned: LearnedGroup | undefined;
  #ended = false;

  constructor(learner: GroupLearner | undefined, application: string) {
    this.#learner = learner;
    this.#application = application;
  }

  wanted(observations: readonly NewObservation[]): readonly WantedState[] {
    return this.#learner?.wanted(this.#application, observations) ?? [];
  }

  /** What is to be written. */
  async fold(readings: readonly StateReading[], fresh: readonly AppendedObservation[]): Promise<ToWrite> {
    const last = fresh.at(-1);
    if (this.#learner === undefined || last === undefined) return NOTHING;
    const learned = await this.#learner.fold(this.#application, readings, fresh).catch(asDefect);
    if (this.#ended) {
      learned.abandoned();
      throw new FailureError(failure("STORE_UNAVAILABLE", "nothing was stored: learning took too long"));
    }
    this.#learned = learned;
    const wrong = learned.writes.find((write) => write.seq !== last.seq);
    if (wrong === undefined) return learned;
    const text = `a learned state of "${wrong.entity}" is written as of ${wrong.seq}, not ${last.seq}`;
    throw new FailureError(failure("INTERNAL", text));
  }

  end(committed: boolean): void {
    this.#ended = true;
    const learned = this.#learned;
    this.#learned = undefined;
    if (committed) learned?.committed();
    else learned?.abandoned();
  }
}

/** States, events behind the group, and states that wait for a rebuild from now on. */
export type ToWrite = Pick<LearnedGroup, "writes" | "events" | "rebuilds">;

const NOTHING: ToWrite = { writes: [], events: [], rebuilds: [] };

/** Not the database's error, whatever it looks like. */
function asDefect(error: unknown): never {
  throw new FailureError(failure("INTERNAL", "learning from a group failed"), { cause: error });
}
