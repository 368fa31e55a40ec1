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
export class GroupLearning {
  readonly #learner: GroupLearner | undefined;
  readonly #application: string;
  #ahead: Ahead | undefined;
  #learned: LearnedGroup | undefined;
  #ended = false;
  readonly #givenUp: Promise<never>;
  #fail: (error: FailureError) => void = () => undefined;

  constructor(learner: GroupLearner | undefined, application: string) {
    this.#learner = learner;
    this.#application = application;
    this.#givenUp = new Promise((_, reject) => (this.#fail = reject));
    // Most are never given up.
    this.#givenUp.catch(() => undefined);
  }

  wanted(observations: readonly NewObservation[]): readonly WantedState[] {
    return this.#learner?.wanted(this.#application, observations) ?? [];
  }

  /**
   * Folds what the group comes to if all of it is new and nobody has appended: what is to be written then. Nothing of the
   * database waits for it, so that `giveUp` has to end it where it takes too long.
   */
  async foldAhead(readings: readonly StateReading[], supposed: readonly AppendedObservation[]): Promise<ToWrite> {
    const learned = await Promise.race([this.#folded(readings, supposed), this.#givenUp]);
    if (learned === undefined) return NOTHING;
    this.#ahead = { supposed, learned };
    return learned;
  }

  /** What is still being folded ahead fails. */
  giveUp(): void {
    this.#ended = true;
    this.#fail(tooLong());
  }

  /** The group has come to what was folded ahead. */
  takeAhead(): void {
    this.#learned = this.#ahead?.learned;
    this.#ahead = undefined;
  }

  /** What is to be written. What was folded ahead, if the group came to just that: the places tell that the log ended where it was known to end. */
  async fold(readings: readonly StateReading[], fresh: readonly AppendedObservation[]): Promise<ToWrite> {
    if (this.#ahead !== undefined && isSame(this.#ahead.supposed, fresh)) this.takeAhead();
    else this.#learned = await this.#folded(readings, fresh);
    return this.#learned ?? NOTHING;
  }

  async #folded(
    readings: readonly StateReading[],
    fresh: readonly AppendedObservation[],
  ): Promise<LearnedGroup | undefined> {
    const last = fresh.at(-1);
    if (this.#learner === undefined || last === undefined) return undefined;
    const learned = await this.#learner.fold(this.#application, readings, fresh).catch(asDefect);
    const wrong = learned.writes.find((write) => write.seq !== last.seq);
    if (wrong === undefined && !this.#ended) return learned;
    learned.abandoned();
    if (wrong === undefined) throw tooLong();
    const text = `a learned state of "${wrong.entity}" is written as of ${wrong.seq}, not ${last.seq}`;
    throw new FailureError(failure("INTERNAL", text));
  }

  end(committed: boolean): void {
    this.#ended = true;
    const [ahead, learned] = [this.#ahead?.learned, this.#learned];
    this.#ahead = undefined;
    this.#learned = undefined;
    ahead?.abandoned();
    if (committed) learned?.committed();
    else learned?.abandoned();
  }
}

interface Ahead {
  readonly supposed: readonly AppendedObservation[];
  readonly learned: LearnedGroup;
}

function isSame(supposed: readonly AppendedObservation[], fresh: readonly AppendedObservation[]): boolean {
  if (supposed.length !== fresh.length) return false;
  return fresh.every(({ observation, seq }, i) => supposed[i]?.observation === observation && supposed[i]?.seq === seq);
}

/** States, events behind the group, and states that wait for a rebuild from now on. */
export type ToWrite = Pick<LearnedGroup, "writes" | "events" | "rebuilds">;

const NOTHING: ToWrite = { writes: [], events: [], rebuilds: [] };

function tooLong(): FailureError {
  return new FailureError(failure("STORE_UNAVAILABLE", "nothing was stored: learning took too long"));
}

/** Not the database's error, whatever it looks like. */
function asDefect(error: unknown): never {
  throw new FailureError(failure("INTERNAL", "learning from a group failed"), { cause: error });
}
