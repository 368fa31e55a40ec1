import type { ReplayFolding } from "../correction/learnedState.js";
import { failure, FailureError, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { StateStore } from "../domain/learningPorts.js";
import { messageOf } from "../domain/messageOf.js";
import type { Clock } from "../domain/ports.js";
import type { ReplayedVersion, ReplayRecord, ReplayStore } from "../domain/replayPorts.js";
import { emptyProgress, ReplayFold } from "./replayFold.js";

export interface ReplaysOptions {
  readonly clock: Clock;
  readonly store: ReplayStore;
  readonly states: Pick<StateStore, "heads">;
  /** Of entities in memory, of one replay. */
  readonly stateBytes?: number;
  /** A version was made: it can be asked now, and states may wait for a rebuild. */
  readonly completed: () => Promise<void>;
  readonly info: (message: string, facts: object) => void;
  readonly warn: (message: string) => void;
}

export interface Replay extends ReplayedVersion {
  readonly application: string;
  /** Of the version with this number. */
  readonly newFolding: (version: number) => ReplayFolding;
  /** Why nothing can be learned, when a whole log has taught nothing. */
  readonly whyNothing: (skipped: Readonly<Record<string, number>>, rows: number) => string;
}

/** A replay under way: what it reads and writes, and how far it has come. */
interface Job {
  readonly replay: Replay;
  readonly version: number;
  readonly fold: ReplayFold;
}

const STATE_BYTES = 64 << 20;
const PAGE_ROWS = 500;
/** Observations that may be left for the moment in which nobody can observe. */
const LAST_ROWS = 200;
/** The log may grow meanwhile; if it grows faster than it is folded there is no end. */
const MAX_ROUNDS = 20;
const TELL_EVERY_MS = 1_000;
const MAX_RUNNING = 2;

/**
 * Folds applications' logs into states of new policy versions, beside everything else that this server does. A replay goes
 * through four phases: it folds up to the log's end; it writes its states; both again until little is left; and then,
 * while nobody can observe, it folds the rest and becomes a version. Before that nothing of it can be seen but its record.
 */
export class Replays {
  readonly #options: ReplaysOptions;
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: ReplaysOptions) {
    this.#options = options;
  }

  /** CONFLICT where the application is another one by now than `expectedRevision`. */
  async start(replay: Replay, expectedRevision?: string): Promise<ReplayRecord | Failure> {
    if (this.#stopped || this.#running.size >= MAX_RUNNING) {
      const message = `this server replays ${this.#running.size} logs already, of at most ${MAX_RUNNING}; begin when one is complete`;
      return failure("OVERLOADED", message, { retryAfterMs: 10_000 });
    }
    const { application, afterSeq } = replay;
    const progress = { ...emptyProgress(afterSeq), endSeq: Math.min(replay.beganSeq, replay.untilSeq) };
    const begun = await this.#options.store.begin(application, progress, expectedRevision);
    if (isFailure(begun)) return begun;
    const { version } = begun;
    const stateBytes = this.#options.stateBytes ?? STATE_BYTES;
    const folding = replay.newFolding(version);
    const fold = new ReplayFold({ clock: this.#options.clock, folding, version, afterSeq, stateBytes });
    const running: Promise<void> = this.#run({ replay, version, fold }).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return begun;
  }

  /** Resolves when what was under way has let go: as failed, since a half of it is of no use. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  async #run(job: Job): Promise<void> {
    const { replay, version, fold } = job;
    const { store, completed, info, warn } = this.#options;
    try {
      await this.#foldLog(job);
      await store.complete(replay.application, version, replay, async (endSeq, work) => {
        await this.#foldUpTo(job, work, endSeq);
        await fold.flush(work);
        return fold.progress;
      });
      info("the log was replayed", { application: replay.application, policyVersion: version, ...fold.progress });
      await completed();
    } catch (error) {
      const why = messageOf(error);
      if (!(error instanceof FailureError))
        warn(`defect: replay of ${replay.application} as version ${version}: ${why}`);
      // Whoever asks for it is told no more of a defect.
      const told = error instanceof FailureError ? why : "internal error";
      await store.fail(replay.application, version, told).catch(() => undefined);
    }
  }

  async #foldLog(job: Job): Promise<void> {
    const { replay, version, fold } = job;
    const work = this.#options.store.work(replay.application, version);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const end = await this.#end(replay);
      fold.expect(end);
      await this.#foldUpTo(job, work, end);
      const { folded, rows, skipped } = fold.progress;
      if (folded === 0) throw new FailureError(failure("BAD_INPUT", replay.whyNothing(skipped, rows)));
      await fold.flush(work);
      if ((await this.#end(replay)) - end <= LAST_ROWS) return;
    }
    const message = `the log of ${replay.application} grows faster than it can be folded; begin when there is less to observe`;
    throw new FailureError(failure("OVERLOADED", message));
  }

  async #foldUpTo(
    { replay, version, fold }: Job,
    work: ReturnType<ReplayStore["work"]>,
    untilSeq: number,
  ): Promise<void> {
    const { clock, store } = this.#options;
    let toldMs = clock.nowMs();
    while (fold.progress.seq < untilSeq) {
      const page = await work.rows(fold.progress.seq, untilSeq, PAGE_ROWS);
      if (page.length > 0) await fold.fold(work, page);
      if (page.length < PAGE_ROWS) fold.reached(untilSeq);
      if (this.#stopped) throw new FailureError(failure("CONFLICT", "the server was stopped; begin again"));
      if (clock.nowMs() - toldMs < TELL_EVERY_MS) continue;
      await store.tell(replay.application, version, fold.progress);
      toldMs = clock.nowMs();
    }
  }

  /** Of what counts of the log now. */
  async #end({ application, untilSeq }: Replay): Promise<number> {
    return Math.min(untilSeq, (await this.#options.states.heads([application])).get(application) ?? 0);
  }
}
