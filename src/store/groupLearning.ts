import { FailureError, failure } from "../domain/failure.js";
import type {
  AppendedObservation,
  GroupLearner,
  LearnedGroup,
  StateReading,
  WantedState,
} from "../domain/learningPorts.js";
import type { Clock } from "../domain/ports.js";
import type { NewObservation } from "../domain/storePorts.js";

/**
 * What a learner makes of one group in one attempt at storing it. Whatever becomes of the attempt, the learner is told
 * once: `committed` only after COMMIT was answered, `abandoned` on every other way, even when its folding ends only after
 * the connection was given up.
 */
export class GroupLearning {
  readonly #learner: GroupLearner | undefined;
  readonly #application: string;
  readonly #clock: Pick<Clock, "turnEnd">;
  #ahead: Ahead | undefined;
  #learned: LearnedGroup | undefined;
  #ended = false;

  constructor(learner: GroupLearner | undefined, application: string, clock: Pick<Clock, "turnEnd">) {
    this.#learner = learner;
    this.#application = application;
    this.#clock = clock;
  }

  wanted(observations: readonly NewObservation[]): readonly WantedState[] {
    return this.#learner?.wanted(this.#application, observations) ?? [];
  }

  /**
   * Begins to fold what a group will come to if all of it is new and nobody has appended: `fold` takes it where it did, by the
   * places that were given. After this turn, so that the statements that were just issued are on their way, and the database
   * works meanwhile.
   */
  foldAhead(readings: readonly StateReading[], supposed: readonly AppendedObservation[]): void {
    const learner = this.#learner;
    if (learner === undefined) return;
    const turn = new Promise<void>((resolve) => this.#clock.turnEnd(resolve));
    const learned = turn.then(() => (this.#ended ? undefined : learner.fold(this.#application, readings, supposed)));
    // `fold` awaits it, or nobody does.
    learned.catch(() => undefined);
    this.#ahead = { supposed, learned };
  }

  /** What is to be written. */
  async fold(readings: readonly StateReading[], fresh: readonly AppendedObservation[]): Promise<ToWrite> {
    const last = fresh.at(-1);
    if (this.#learner === undefined || last === undefined) return NOTHING;
    const folding = this.#takeAhead(fresh) ?? this.#learner.fold(this.#application, readings, fresh);
    const learned = await folding.catch(asDefect);
    if (learned === undefined || this.#ended) {
      learned?.abandoned();
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
    void this.#ahead?.learned.then(
      (untaken) => untaken?.abandoned(),
      () => undefined,
    );
    const learned = this.#learned;
    this.#learned = undefined;
    if (committed) learned?.committed();
    else learned?.abandoned();
  }

  /** What was folded ahead, if the group came to just that: the places tell that the log ended where it was known to end. */
  #takeAhead(fresh: readonly AppendedObservation[]): Ahead["learned"] | undefined {
    const ahead = this.#ahead;
    if (ahead === undefined || !isSame(ahead.supposed, fresh)) return undefined;
    this.#ahead = undefined;
    return ahead.learned;
  }
}

interface Ahead {
  readonly supposed: readonly AppendedObservation[];
  readonly learned: Promise<LearnedGroup | undefined>;
}

function isSame(supposed: readonly AppendedObservation[], fresh: readonly AppendedObservation[]): boolean {
  if (supposed.length !== fresh.length) return false;
  return fresh.every(({ observation, seq }, i) => supposed[i]?.observation === observation && supposed[i]?.seq === seq);
}

/** States, events behind the group, and states that wait for a rebuild from now on. */
export type ToWrite = Pick<LearnedGroup, "writes" | "events" | "rebuilds">;

const NOTHING: ToWrite = { writes: [], events: [], rebuilds: [] };

/** Not the database's error, whatever it looks like. */
function asDefect(error: unknown): never {
  throw new FailureError(failure("INTERNAL", "learning from a group failed"), { cause: error });
}
