import { pino } from "pino";
import type { Clock } from "../domain/ports.js";
import { RecentMap } from "../lib/recentMap.js";

export interface Log {
  debug(message: string, facts?: object): void;
  info(message: string, facts?: object): void;
  warn(message: string, facts?: object): void;
  error(message: string, facts?: object): void;
  /** One line of a wrapper's own output, under its name. */
  wrapper(name: string, line: string): void;
}

const MAX_LINE_CHARACTERS = 2000;
const MAX_WRAPPER_LINES_PER_SECOND = 200;

/** JSON lines on stderr. What others wrote is cut, stripped of control characters and limited in rate. */
export function createLog(level: "debug" | "info" | "warn" | "error", clock: Clock): Log {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
  const limiters = new Map<string, LineLimiter>();
  const write =
    (at: "debug" | "info" | "warn" | "error") =>
    (message: string, facts: object = {}): void =>
      logger[at](facts, printable(message));
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    wrapper(name, line) {
      if (level === "warn" || level === "error") return;
      const limiter = limiters.get(name) ?? new LineLimiter(clock);
      limiters.set(name, limiter);
      const skipped = limiter.admit();
      if (skipped === undefined) return;
      if (skipped > 0) process.stderr.write(`[${name}] ${skipped} lines left out\n`);
      process.stderr.write(`[${name}] ${printable(line)}\n`);
    },
  };
}

const REPEAT_AFTER_MS = 10_000;
const MESSAGES = 100;

/** Writes a message that was just written only after ten seconds again: what everybody meets is told once. */
export function sparing(clock: Pick<Clock, "nowMs">, write: (message: string) => void): (message: string) => void {
  const writtenMs = new RecentMap<string, number>(MESSAGES);
  return (message) => {
    const nowMs = clock.nowMs();
    if (nowMs - (writtenMs.get(message) ?? -Infinity) < REPEAT_AFTER_MS) return;
    writtenMs.set(message, nowMs);
    write(message);
  };
}

/** An error that nobody expected, with where it came from. */
export function logDefect(log: Pick<Log, "error">, error: unknown): void {
  log.error(`defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
}

/** Control characters escaped, so that no text can forge a line of log or reach a terminal. */
export function printable(text: string): string {
  const cut = text.length > MAX_LINE_CHARACTERS ? `${text.slice(0, MAX_LINE_CHARACTERS)}... (${text.length})` : text;
  return cut.replace(CONTROL_CHARACTERS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const CONTROL_CHARACTERS = /\p{Cc}/gu;

/** At most so many lines a second; says how many were left out before the next that is let through. */
class LineLimiter {
  readonly #clock: Clock;
  #windowStartMs = -Infinity;
  #inWindow = 0;
  #skipped = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lines left out before this one, or undefined if this one is to be left out too. */
  admit(): number | undefined {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#windowStartMs >= 1000) {
      this.#windowStartMs = nowMs;
      this.#inWindow = 0;
    }
    this.#inWindow += 1;
    if (this.#inWindow > MAX_WRAPPER_LINES_PER_SECOND) {
      this.#skipped += 1;
      return undefined;
    }
    const skipped = this.#skipped;
    this.#skipped = 0;
    return skipped;
  }
}
