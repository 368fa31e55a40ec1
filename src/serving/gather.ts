import type { Cancel, Clock, RowOutcome, RowQuery } from "../domain/ports.js";
import type { MemberMissing, MemberPrediction } from "../domain/prediction.js";
import type { Caller } from "../lib/caller.js";
import type { Member } from "./catalogue.js";

const UNUSABLE =
  "scores must be probabilities: at least 0, summing to 1, a single one from 0 to 1; a vote must be for a label that the application has";

export interface Gathered {
  readonly present: readonly MemberPrediction[];
  readonly missing: readonly MemberMissing[];
}

/**
 * When outstanding members are not waited for any more before the deadline: once each is later than it usually is, and none
 * can change the answer. Monotonic milliseconds.
 */
export interface Straggling {
  /** Before that nobody is late. */
  readonly earliestMs: number;
  /** From then on everybody is. */
  readonly latestMs: number;
  /** Whether those outstanding cannot change the answer. */
  readonly decided: (present: readonly MemberPrediction[]) => boolean;
}

export interface GatherOptions {
  readonly straggling?: Straggling | undefined;
  readonly caller?: Pick<Caller, "onLeave"> | undefined;
}

/**
 * Asks all members for one row and resolves when the last has answered or failed, at the deadline with those
 * that have, or earlier when the others would change nothing. Members still outstanding are called off then and count
 * as missing; their late answers fill the cache. So they are when the caller leaves: a row that only it waited for, and
 * that no replica has yet, is computed for nobody. No promise where all is known at once, as from the cache.
 */
export function gather(
  clock: Clock,
  members: readonly Member[],
  query: RowQuery,
  options: GatherOptions = {},
): Gathered | Promise<Gathered> {
  return new Gathering(clock, members, query.deadlineMs, options).start(query);
}

class Gathering {
  readonly #clock: Clock;
  readonly #members: readonly Member[];
  readonly #deadlineMs: number;
  readonly #options: GatherOptions;
  readonly #startedMs: number;
  readonly #cancels: (Cancel | undefined)[];
  readonly #present: (MemberPrediction | undefined)[];
  readonly #missing: (MemberMissing | undefined)[];
  #outstanding: number;
  #cancelAlarm: Cancel | undefined;
  #alarmMs: number | undefined;
  /** Absent while the members are being asked, and for good where that was all. */
  #resolve: ((gathered: Gathered) => void) | undefined;

  constructor(clock: Clock, members: readonly Member[], deadlineMs: number, options: GatherOptions) {
    this.#clock = clock;
    this.#members = members;
    this.#deadlineMs = deadlineMs;
    this.#options = options;
    this.#startedMs = clock.nowMs();
    this.#outstanding = members.length;
    this.#cancels = new Array<Cancel | undefined>(members.length);
    this.#present = new Array<MemberPrediction | undefined>(members.length);
    this.#missing = new Array<MemberMissing | undefined>(members.length);
  }

  start(query: RowQuery): Gathered | Promise<Gathered> {
    for (let i = 0; i < this.#members.length; i++) {
      const member = this.#members[i] as Member;
      this.#cancels[i] = member.evaluator.evaluate(query, (outcome) => this.#settle(i, outcome));
    }
    if (this.#outstanding === 0) return this.#gathered();
    this.#setAlarm();
    const gathered = new Promise<Gathered>((resolve) => (this.#resolve = resolve));
    // After that: one who has left already is called back at once.
    this.#options.caller?.onLeave(() => {
      if (this.#outstanding > 0) this.#expire(lateMember);
    });
    return gathered;
  }

  /** For the moment in which all who are outstanding are late, or for the deadline. */
  #setAlarm(): void {
    const lateMs = this.#lateMs();
    const isLater = lateMs >= this.#deadlineMs || lateMs <= this.#clock.nowMs();
    const alarmMs = isLater ? this.#deadlineMs : lateMs;
    if (alarmMs === this.#alarmMs) return;
    this.#cancelAlarm?.();
    this.#alarmMs = alarmMs;
    this.#cancelAlarm = this.#clock.at(alarmMs, isLater ? () => this.#expire(lateMember) : () => this.#awaitLess());
  }

  /** When the last of those who are outstanding is late; never, where everybody is waited for. */
  #lateMs(): number {
    const { straggling } = this.#options;
    if (straggling === undefined) return Infinity;
    let usualMs = 0;
    for (let i = 0; i < this.#members.length; i++) {
      if (this.#isOutstanding(i)) usualMs = Math.max(usualMs, (this.#members[i] as Member).usual.lateAfterMs);
    }
    return Math.min(straggling.latestMs, Math.max(straggling.earliestMs, this.#startedMs + usualMs));
  }

  #isOutstanding(i: number): boolean {
    return this.#present[i] === undefined && this.#missing[i] === undefined;
  }

  /** There is less to wait for, since somebody has answered or it is later. */
  #awaitLess(): void {
    const { straggling } = this.#options;
    if (straggling === undefined) return;
    if (this.#clock.nowMs() >= this.#lateMs()) {
      const present = this.#present.filter((member) => member !== undefined);
      if (present.length > 0 && straggling.decided(present)) {
        this.#leaveStragglers();
        return;
      }
    }
    this.#setAlarm();
  }

  #leaveStragglers(): void {
    this.#members.forEach(({ usual }, i) => {
      if (this.#isOutstanding(i)) usual.notAwaited();
    });
    this.#expire(notAwaited);
  }

  #settle(i: number, outcome: RowOutcome): void {
    const heard = hear(this.#members[i] as Member, outcome, this.#startedMs, this.#clock.nowMs(), this.#deadlineMs);
    if (isMissing(heard)) this.#missing[i] = heard;
    else this.#present[i] = heard;
    this.#outstanding -= 1;
    if (this.#resolve === undefined) return;
    if (this.#outstanding === 0) this.#finish();
    else this.#awaitLess();
  }

  #expire(why: (model: string, version: number) => MemberMissing): void {
    for (let i = 0; i < this.#members.length; i++) {
      if (!this.#isOutstanding(i)) continue;
      this.#cancels[i]?.();
      const { model, version } = this.#members[i] as Member;
      this.#missing[i] = why(model, version);
    }
    this.#outstanding = 0;
    this.#finish();
  }

  #finish(): void {
    this.#cancelAlarm?.();
    this.#resolve?.(this.#gathered());
  }

  #gathered(): Gathered {
    const missing = this.#missing.filter((member) => member !== undefined);
    // Nearly always, and nobody writes there any more.
    if (missing.length === 0) return { present: this.#present as MemberPrediction[], missing };
    return { present: this.#present.filter((member) => member !== undefined), missing };
  }
}

/** What a member that was asked at one moment and answers at another says to a query. */
export function hear(
  { model, version, read, usual }: Member,
  outcome: RowOutcome,
  askedMs: number,
  nowMs: number,
  deadlineMs: number,
): MemberPrediction | MemberMissing {
  if (outcome.kind === "failed") {
    const { code, message, retryAfterMs } = outcome;
    return { model, version, code, message, retryAfterMs };
  }
  const latencyMs = nowMs - askedMs;
  const output = read(outcome.output);
  if (outcome.source === "MODEL") usual.answered(latencyMs);
  // The event loop was held up: what came too late is late, even where the alarm for it has not fired yet.
  if (nowMs > deadlineMs) return lateMember(model, version);
  if (output === undefined) {
    const message = `model ${model}@${version} answered with what cannot be combined: ${UNUSABLE}`;
    return { model, version, code: "MODEL_BAD_OUTPUT", message, retryAfterMs: undefined };
  }
  const { source, distance, trace } = outcome;
  return { model, version, source, distance, trace, latencyMs, output };
}

export function isMissing(heard: MemberPrediction | MemberMissing): heard is MemberMissing {
  return "code" in heard;
}

/** It may still be in time, but whatever it says the answer stays the same. */
function notAwaited(model: string, version: number): MemberMissing {
  const message = `model ${model}@${version} was late and could not change the answer any more`;
  return { model, version, code: "DEADLINE_EXCEEDED", message, retryAfterMs: undefined };
}

export function lateMember(model: string, version: number): MemberMissing {
  const message = `model ${model}@${version} had not answered by the deadline`;
  return { model, version, code: "DEADLINE_EXCEEDED", message, retryAfterMs: undefined };
}
