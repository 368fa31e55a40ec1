import type { Priority } from "../domain/application.js";
import type { Cancel, Clock } from "../domain/ports.js";

export interface PressureOptions {
  readonly clock: Clock;
  /** Share of the memory that the process may have, 0 to 1. */
  readonly memoryShare: () => number;
  /** Told the share of its configured size that the cache is to have. */
  readonly limitCache: (share: number) => void;
  readonly warn: (message: string) => void;
}

/** NORMAL: all is taken. SHED_BULK: no bulk queries. SHED_ALL: no queries; observations and health still. */
export type PressureLevel = "NORMAL" | "SHED_BULK" | "SHED_ALL";

const SAMPLE_MS = 250;
const MEMORY = { shrink: 0.8, shedBulk: 0.9, shedAll: 0.95 } as const;
/** Left only when so much better, so that a level does not flap with every garbage collection. */
const MEMORY_SLACK = 0.03;
const SMALLEST_CACHE_SHARE = 1 / 16;
/** How late an alarm of the event loop fires, in milliseconds. */
const LAG = { shedBulkMs: 100, shedAllMs: 200 } as const;
export const PRESSURE_RETRY_MS = 1000;

const LEVELS: readonly PressureLevel[] = ["NORMAL", "SHED_BULK", "SHED_ALL"];

/**
 * What the process can bear, sampled four times a second. Memory: above 80 % the cache halves with every sample, above
 * 90 % bulk queries are refused, above 95 % all are. Event loop: an alarm 100 ms late sheds bulk; twice in a row 200 ms
 * late sheds all, since one pause alone (a garbage collection, a large document) is over when it is seen.
 */
export class Pressure {
  readonly #options: PressureOptions;
  #level: PressureLevel = "NORMAL";
  #memoryLevel = 0;
  #cacheShare = 1;
  #lateSamples = 0;
  #stalls = 0;
  #cancelAlarm: Cancel | undefined;

  constructor(options: PressureOptions) {
    this.#options = options;
  }

  get level(): PressureLevel {
    return this.#level;
  }

  /** Samples whose alarm was at least 100 ms late: what arrived meanwhile waited without being seen. */
  get stalls(): number {
    return this.#stalls;
  }

  start(): void {
    this.#arm();
  }

  stop(): void {
    this.#cancelAlarm?.();
    this.#cancelAlarm = undefined;
  }

  /** Why a query of this priority is not to be taken now, if so. */
  refusal(priority: Priority): string | undefined {
    if (this.#level === "NORMAL" || (this.#level === "SHED_BULK" && priority === "INTERACTIVE")) return undefined;
    const what = this.#level === "SHED_BULK" ? "bulk queries" : "queries";
    return `the server is short of memory or time and takes no ${what} for now`;
  }

  #arm(): void {
    const { clock } = this.#options;
    const dueMs = clock.nowMs() + SAMPLE_MS;
    this.#cancelAlarm = clock.at(dueMs, () => {
      this.#sample(clock.nowMs() - dueMs);
      this.#arm();
    });
  }

  #sample(lateMs: number): void {
    const share = this.#options.memoryShare();
    this.#limitCache(share);
    this.#memoryLevel = memoryLevel(share, this.#memoryLevel);
    this.#lateSamples = lateMs >= LAG.shedAllMs ? this.#lateSamples + 1 : 0;
    if (lateMs >= LAG.shedBulkMs) this.#stalls += 1;
    const lagLevel = this.#lateSamples >= 2 ? 2 : lateMs >= LAG.shedBulkMs ? 1 : 0;
    const level = LEVELS[Math.max(this.#memoryLevel, lagLevel)] as PressureLevel;
    if (level === this.#level) return;
    this.#level = level;
    const why = `memory ${(share * 100).toFixed(0)} %, event loop ${lateMs.toFixed(0)} ms late`;
    this.#options.warn(`pressure is ${level}: ${why}`);
  }

  #limitCache(memoryShare: number): void {
    const share =
      memoryShare >= MEMORY.shrink
        ? Math.max(SMALLEST_CACHE_SHARE, this.#cacheShare / 2)
        : memoryShare < MEMORY.shrink - MEMORY_SLACK
          ? 1
          : this.#cacheShare;
    if (share === this.#cacheShare) return;
    this.#cacheShare = share;
    this.#options.limitCache(share);
  }
}

/** 0, 1 or 2: a level is entered at its bound and left below it by the slack. */
function memoryLevel(share: number, before: number): number {
  const bound = (of: number, level: number) => of - (before >= level ? MEMORY_SLACK : 0);
  if (share >= bound(MEMORY.shedAll, 2)) return 2;
  return share >= bound(MEMORY.shedBulk, 1) ? 1 : 0;
}
