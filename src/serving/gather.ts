import type { Cancel, Clock, RowOutcome, RowQuery } from "../domain/ports.js";
import type { MemberMissing, MemberPrediction } from "../domain/prediction.js";
import type { Caller } from "../lib/caller.js";
import type { Member } from "./catalogue.js";

const UNUSABLE =
  "scores must be probabilities: at least 0, summing to 1; a vote must be for a label that the application has";

export interface Gathered {
  readonly present: readonly MemberPrediction[];
  readonly missing: readonly MemberMissing[];
}

/**
 * Asks all members for one row and resolves when the last has answered or failed, or at the deadline with those
 * that have. Members still outstanding are called off then and count as missing; their late answers fill the cache. So
 * they are when the caller leaves: a row that only it waited for, and that no replica has yet, is computed for nobody.
 */
export function gather(
  clock: Clock,
  members: readonly Member[],
  query: RowQuery,
  caller?: Pick<Caller, "onLeave">,
): Promise<Gathered> {
  return new Promise((resolve) => new Gathering(clock, members, query.deadlineMs, resolve).start(query, caller));
}

class Gathering {
  readonly #clock: Clock;
  readonly #members: readonly Member[];
  readonly #deadlineMs: number;
  readonly #resolve: (gathered: Gathered) => void;
  readonly #startedMs: number;
  readonly #cancels: (Cancel | undefined)[];
  readonly #present: (MemberPrediction | undefined)[];
  readonly #missing: (MemberMissing | undefined)[];
  #outstanding: number;
  #cancelAlarm: Cancel | undefined;
  #starting = true;

  constructor(clock: Clock, members: readonly Member[], deadlineMs: number, resolve: (gathered: Gathered) => void) {
    this.#clock = clock;
    this.#members = members;
    this.#deadlineMs = deadlineMs;
    this.#resolve = resolve;
    this.#startedMs = clock.nowMs();
    this.#outstanding = members.length;
    this.#cancels = new Array<Cancel | undefined>(members.length);
    this.#present = new Array<MemberPrediction | undefined>(members.length);
    this.#missing = new Array<MemberMissing | undefined>(members.length);
  }

  start(query: RowQuery, caller: Pick<Caller, "onLeave"> | undefined): void {
    for (let i = 0; i < this.#members.length; i++) {
      const member = this.#members[i] as Member;
      this.#cancels[i] = member.evaluator.evaluate(query, (outcome) => this.#settle(i, outcome));
    }
    this.#starting = false;
    if (this.#outstanding === 0) return this.#finish();
    this.#cancelAlarm = this.#clock.at(this.#deadlineMs, () => this.#expire());
    caller?.onLeave(() => {
      if (this.#outstanding > 0) this.#expire();
    });
  }

  #settle(i: number, outcome: RowOutcome): void {
    const { model, version, read } = this.#members[i] as Member;
    if (outcome.kind === "failed") {
      this.#missing[i] = {
        model,
        version,
        code: outcome.code,
        message: outcome.message,
        retryAfterMs: outcome.retryAfterMs,
      };
    } else {
      const nowMs = this.#clock.nowMs();
      const output = read(outcome.output);
      if (nowMs > this.#deadlineMs) {
        // The event loop was held up: what came too late is late, even where the alarm for it has not fired yet.
        this.#missing[i] = lateMember(model, version);
      } else if (output === undefined) {
        const message = `model ${model}@${version} answered with what cannot be combined: ${UNUSABLE}`;
        this.#missing[i] = { model, version, code: "MODEL_BAD_OUTPUT", message, retryAfterMs: undefined };
      } else {
        const latencyMs = nowMs - this.#startedMs;
        const { source, distance, trace } = outcome;
        this.#present[i] = { model, version, source, distance, trace, latencyMs, output };
      }
    }
    this.#outstanding -= 1;
    if (this.#outstanding === 0 && !this.#starting) this.#finish();
  }

  #expire(): void {
    for (let i = 0; i < this.#members.length; i++) {
      if (this.#present[i] !== undefined || this.#missing[i] !== undefined) continue;
      this.#cancels[i]?.();
      const { model, version } = this.#members[i] as Member;
      this.#missing[i] = lateMember(model, version);
    }
    this.#outstanding = 0;
    this.#finish();
  }

  #finish(): void {
    this.#cancelAlarm?.();
    this.#resolve({
      present: this.#present.filter((member) => member !== undefined),
      missing: this.#missing.filter((member) => member !== undefined),
    });
  }
}

function lateMember(model: string, version: number): MemberMissing {
  const message = `model ${model}@${version} had not answered by the deadline`;
  return { model, version, code: "DEADLINE_EXCEEDED", message, retryAfterMs: undefined };
}
