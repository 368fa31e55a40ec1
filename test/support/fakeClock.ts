import type { Cancel, Clock } from "../../src/domain/ports.js";

interface Alarm {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Virtual time: it stands still until told to advance, and turns end when told to. */
export class FakeClock implements Clock {
  #nowMs: number;
  #alarms: Alarm[] = [];
  #turn: (() => void)[] = [];

  constructor(nowMs = 1000) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** Virtual like the rest: 2026-01-01 and the monotonic time. */
  wallMs(): number {
    return Date.UTC(2026, 0, 1) + this.#nowMs;
  }

  /** Alarms that have neither fired nor been called off. */
  get alarms(): number {
    return this.#alarms.length;
  }

  /** Callbacks waiting for the end of the turn. */
  get turnCallbacks(): number {
    return this.#turn.length;
  }

  at(atMs: number, callback: () => void): Cancel {
    const alarm = { atMs, callback };
    this.#alarms.push(alarm);
    return () => void (this.#alarms = this.#alarms.filter((other) => other !== alarm));
  }

  turnEnd(callback: () => void): void {
    this.#turn.push(callback);
  }

  /** What is asked for meanwhile belongs to the next turn. */
  endTurn(): void {
    for (const callback of this.#turn.splice(0)) callback();
  }

  /** Fires what falls due on the way, earliest first, equal ones in the order in which they were set. */
  advance(ms: number): void {
    const targetMs = this.#nowMs + ms;
    for (let next = this.#earliest(); next !== undefined && next.atMs <= targetMs; next = this.#earliest()) {
      const due = next;
      this.#alarms = this.#alarms.filter((other) => other !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.callback();
    }
    this.#nowMs = targetMs;
  }

  /** As after a pause of the process: what fell due meanwhile fires late and once, what it sets anew waits. */
  pause(ms: number): void {
    this.#nowMs += ms;
    const due = this.#alarms.filter(({ atMs }) => atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#alarms = this.#alarms.filter((alarm) => !due.includes(alarm));
    for (const { callback } of due) callback();
  }

  #earliest(): Alarm | undefined {
    return this.#alarms.reduce<Alarm | undefined>(
      (best, alarm) => (best === undefined || alarm.atMs < best.atMs ? alarm : best),
      undefined,
    );
  }
}

/** Virtual time, real turns of the event loop: readings wait for their end. */
export class TurningClock extends FakeClock {
  override turnEnd(callback: () => void): void {
    setImmediate(callback);
  }

  async pass(ms: number): Promise<void> {
    this.advance(ms);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}
