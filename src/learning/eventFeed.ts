import type { LearnedStateAdministration, StoredEvent } from "../domain/learningPorts.js";
import { messageOf } from "../domain/messageOf.js";
import type { Cancel, Clock } from "../domain/ports.js";

export interface EventFeedOptions {
  readonly clock: Clock;
  readonly store: EventStore;
  readonly events: Pick<LearnedStateAdministration, "events">;
  readonly warn: (message: string) => void;
}

/** How somebody who follows events hears of them. */
export interface EventStore {
  /** Where the last event of each application is; absent for those without. */
  lastEvents(applications: readonly string[]): Promise<ReadonlyMap<string, number>>;
  onChange(changed: () => void): Promise<{ stop(): Promise<void> }>;
}

/** Commits are hundreds a second, events are rare: one look for all who follow, at most so often. */
const LOOK_EVERY_MS = 100;
/** Where a notification is lost. */
const HEARTBEAT_MS = 500;
const PAGE_EVENTS = 100;
/** Followers of one process: each reads for itself. */
const MAX_FOLLOWERS = 1_000;

const END = { done: true, value: undefined } as const;

/**
 * The events of applications' logs for those who follow them here, whichever server appended them. Everybody reads on from
 * the log in pages at their own pace: nothing is dropped and nothing queues up, and who comes back names the last seq.
 * While nobody follows, nothing is read.
 */
export class EventFeed {
  readonly #options: EventFeedOptions;
  readonly #followers = new Set<Follower>();
  readonly #lastSeqs = new Map<string, number>();
  #subscription: { stop(): Promise<void> } | undefined;
  #cancelLook: Cancel | undefined;
  #lookAtMs = Infinity;
  #lookedMs = -Infinity;
  #looking = false;
  #again = false;
  #stopped = false;
  #failing = false;

  constructor(options: EventFeedOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#subscription = await this.#options.store.onChange(() => this.#lookSoon(0));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelLook?.();
    for (const follower of this.#followers) await follower.return();
    await this.#subscription?.stop();
  }

  /**
   * Events after `afterSeq`, or those from now on; for as long as it is read. Undefined: too many follow already. Rejects
   * when the database fails while the place to begin at is asked for.
   */
  async follow(
    application: string,
    afterSeq: number | undefined,
  ): Promise<AsyncIterableIterator<StoredEvent> | undefined> {
    if (this.#followers.size >= MAX_FOLLOWERS || this.#stopped) return undefined;
    const lastSeqs = await this.#options.store.lastEvents([application]);
    const last = lastSeqs.get(application) ?? 0;
    this.#raise(application, last);
    const follower = new Follower({
      application,
      afterSeq: afterSeq ?? last,
      read: (after) => this.#options.events.events(application, after, PAGE_EVENTS),
      lastSeq: () => this.#lastSeqs.get(application) ?? 0,
      left: () => this.#left(follower),
    });
    this.#followers.add(follower);
    this.#lookSoon(HEARTBEAT_MS);
    return follower;
  }

  /** Ends it for those who follow others than these: nothing comes of an application that is deleted. */
  retain(applications: ReadonlySet<string>): void {
    for (const follower of this.#followers) if (!applications.has(follower.application)) void follower.return();
  }

  #left(follower: Follower): void {
    this.#followers.delete(follower);
    if (![...this.#followers].some(({ application }) => application === follower.application)) {
      this.#lastSeqs.delete(follower.application);
    }
    if (this.#followers.size === 0) this.#cancel();
  }

  #lookSoon(inMs: number): void {
    if (this.#followers.size === 0 || this.#stopped) return;
    const { clock } = this.#options;
    const atMs = Math.max(clock.nowMs() + inMs, this.#lookedMs + LOOK_EVERY_MS);
    if (atMs >= this.#lookAtMs) return;
    this.#cancel();
    this.#lookAtMs = atMs;
    this.#cancelLook = clock.at(atMs, () => {
      this.#lookAtMs = Infinity;
      void this.#look();
    });
  }

  #cancel(): void {
    this.#cancelLook?.();
    this.#lookAtMs = Infinity;
  }

  async #look(): Promise<void> {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    this.#again = false;
    this.#lookedMs = this.#options.clock.nowMs();
    try {
      const names = [...new Set([...this.#followers].map(({ application }) => application))];
      const lastSeqs = await this.#options.store.lastEvents(names);
      for (const [application, seq] of lastSeqs) this.#raise(application, seq);
      for (const follower of this.#followers) follower.wake();
      this.#failing = false;
    } catch (error) {
      const why = messageOf(error);
      if (!this.#failing) this.#options.warn(`events cannot be read, those who follow them wait: ${why}`);
      this.#failing = true;
    } finally {
      this.#looking = false;
      this.#lookSoon(this.#again ? 0 : HEARTBEAT_MS);
    }
  }

  #raise(application: string, seq: number): void {
    this.#lastSeqs.set(application, Math.max(seq, this.#lastSeqs.get(application) ?? 0));
  }
}

interface FollowerOptions {
  readonly application: string;
  readonly afterSeq: number;
  readonly read: (afterSeq: number) => Promise<readonly StoredEvent[]>;
  readonly lastSeq: () => number;
  readonly left: () => void;
}

/** One reader of one application's events: holds one page at most. */
class Follower implements AsyncIterableIterator<StoredEvent> {
  readonly application: string;
  readonly #options: FollowerOptions;
  #page: StoredEvent[] = [];
  #afterSeq: number;
  #reading = false;
  #done = false;
  #waiting: ((result: IteratorResult<StoredEvent>) => void)[] = [];

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.application = options.application;
    this.#afterSeq = options.afterSeq;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<StoredEvent>> {
    if (this.#done) return Promise.resolve(END);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.wake();
    });
  }

  return(): Promise<IteratorResult<StoredEvent>> {
    if (!this.#done) this.#options.left();
    this.#done = true;
    for (const resolve of this.#waiting.splice(0)) resolve(END);
    return Promise.resolve(END);
  }

  wake(): void {
    this.#handOut();
    if (this.#waiting.length === 0 || this.#reading || this.#options.lastSeq() <= this.#afterSeq) return;
    this.#reading = true;
    // When it fails, the next look tries again: who waits goes on waiting.
    void this.#options
      .read(this.#afterSeq)
      .then((events) => {
        this.#reading = false;
        this.#page = [...events];
        this.#afterSeq = events.at(-1)?.seq ?? Math.max(this.#afterSeq, 0);
        if (events.length > 0) this.wake();
      })
      .catch(() => (this.#reading = false));
  }

  #handOut(): void {
    while (this.#page.length > 0 && this.#waiting.length > 0) {
      const value = this.#page.shift() as StoredEvent;
      this.#waiting.shift()?.({ done: false, value });
    }
  }
}
