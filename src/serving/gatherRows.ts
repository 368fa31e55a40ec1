import type { Cancel, Clock, RowOutcome, RowQuery } from "../domain/ports.js";
import type { MemberMissing, MemberPrediction } from "../domain/prediction.js";
import type { Caller } from "../lib/caller.js";
import type { Member } from "./catalogue.js";
import { hear, isMissing, lateMember } from "./gather.js";
import type { Gathered } from "./gather.js";

/** A row that one member is asked for. */
export interface GatheredRow {
  readonly member: Member;
  readonly query: RowQuery;
}

/** One of the two is called for each row, once, with its place; perhaps before `gatherRows` returns. They must not throw. */
export interface RowsHeard {
  /** Its member has answered or failed, or the deadline has come, or the caller has left. */
  readonly answered: (place: number, gathered: Gathered) => void;
  /** To ask for it threw. */
  readonly failed: (place: number, error: unknown) => void;
}

const NOBODY: readonly never[] = [];

/**
 * Asks one member for each of many rows that are answered until the same moment: what `gather` does for each, with one alarm
 * for all and without a promise.
 */
export function gatherRows(
  clock: Clock,
  rows: readonly GatheredRow[],
  deadlineMs: number,
  caller: Pick<Caller, "onLeave"> | undefined,
  heard: RowsHeard,
): void {
  new RowsGathering(clock, rows, deadlineMs, heard).start(caller);
}

class RowsGathering {
  readonly #clock: Clock;
  readonly #rows: readonly GatheredRow[];
  readonly #deadlineMs: number;
  readonly #heard: RowsHeard;
  readonly #startedMs: number;
  /** Of those that have not answered yet. */
  readonly #cancels: (Cancel | undefined)[];
  readonly #isOutstanding: Uint8Array;
  #outstanding: number;
  #lastOutcome: RowOutcome | undefined;
  #lastMember: Member | undefined;
  #lastGathered: Gathered | undefined;
  #cancelAlarm: Cancel | undefined;

  constructor(clock: Clock, rows: readonly GatheredRow[], deadlineMs: number, heard: RowsHeard) {
    this.#clock = clock;
    this.#rows = rows;
    this.#deadlineMs = deadlineMs;
    this.#heard = heard;
    this.#startedMs = clock.nowMs();
    this.#cancels = new Array<Cancel | undefined>(rows.length);
    this.#isOutstanding = new Uint8Array(rows.length).fill(1);
    this.#outstanding = rows.length;
  }

  start(caller: Pick<Caller, "onLeave"> | undefined): void {
    // Whatever was said now would be late: to ask for it takes the time of those who are not late yet.
    if (this.#startedMs > this.#deadlineMs) return this.#expire();
    for (let i = 0; i < this.#rows.length; i++) {
      const { member, query } = this.#rows[i] as GatheredRow;
      try {
        this.#cancels[i] = member.evaluator.evaluate(query, (outcome) => this.#settle(i, outcome));
      } catch (error) {
        this.#done(i);
        this.#heard.failed(i, error);
      }
    }
    if (this.#outstanding === 0) return;
    this.#cancelAlarm = this.#clock.at(this.#deadlineMs, () => this.#expire());
    // After that: one who has left already is called back at once.
    caller?.onLeave(() => this.#expire());
  }

  #settle(i: number, outcome: RowOutcome): void {
    const { member } = this.#rows[i] as GatheredRow;
    // Rows that are refused alike are so by one outcome, and what comes of it is one too.
    if (outcome === this.#lastOutcome && member === this.#lastMember) {
      this.#done(i);
      this.#heard.answered(i, this.#lastGathered as Gathered);
    } else {
      this.#hear(i, member, outcome);
    }
    if (this.#outstanding === 0) this.#cancelAlarm?.();
  }

  #hear(i: number, member: Member, outcome: RowOutcome): void {
    const heard = hear(member, outcome, this.#startedMs, this.#clock.nowMs(), this.#deadlineMs);
    const gathered = this.#tell(i, heard);
    if (outcome.kind === "output") return;
    this.#lastOutcome = outcome;
    this.#lastMember = member;
    this.#lastGathered = gathered;
  }

  #tell(i: number, heard: MemberPrediction | MemberMissing): Gathered {
    this.#done(i);
    const gathered = isMissing(heard) ? { present: NOBODY, missing: [heard] } : { present: [heard], missing: NOBODY };
    this.#heard.answered(i, gathered);
    return gathered;
  }

  #done(i: number): void {
    this.#isOutstanding[i] = 0;
    this.#outstanding -= 1;
  }

  #expire(): void {
    this.#cancelAlarm?.();
    let late: Gathered = { present: NOBODY, missing: NOBODY };
    let of: Member | undefined;
    for (let i = 0; i < this.#rows.length && this.#outstanding > 0; i++) {
      if (this.#isOutstanding[i] === 0) continue;
      this.#cancels[i]?.();
      const { member } = this.#rows[i] as GatheredRow;
      // One for all, as what comes of it.
      if (member !== of) late = { present: NOBODY, missing: [lateMember(member.model, member.version)] };
      of = member;
      this.#done(i);
      this.#heard.answered(i, late);
    }
  }
}
