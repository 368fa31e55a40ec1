import type { Clock } from "../domain/ports.js";
import type { Prediction } from "../domain/prediction.js";
import { LatestValues } from "../lib/latestValues.js";
import type { Told } from "../lib/latestValues.js";

/** To each who follows; what is beyond it counts as dropped. */
const MOST_PER_SECOND = 100;
/** Answers that wait for a slow reader. */
const MOST_WAITING = 32;

/**
 * Answers as they are given, for those who follow an application: every so many-th of them, at most a hundred a second.
 * What nobody follows costs a comparison.
 */
export class AnswerFeed {
  readonly #followers = new Map<string, Set<Follower>>();
  #stopped = false;

  /** How many follow. */
  get size(): number {
    let followers = 0;
    for (const of of this.#followers.values()) followers += of.size;
    return followers;
  }

  tell(answer: Prediction): void {
    if (this.#followers.size === 0) return;
    const followers = this.#followers.get(answer.application);
    if (followers !== undefined) for (const follower of followers) follower.offer(answer);
  }

  /** The first answer from now on, and then each `sampleEvery`-th after it. */
  follow(clock: Clock, application: string, sampleEvery: number): AsyncIterableIterator<Told<Prediction>> {
    const followers = this.#followers.get(application) ?? new Set<Follower>();
    this.#followers.set(application, followers);
    const follower: Follower = new Follower(clock, sampleEvery, () => {
      followers.delete(follower);
      if (followers.size === 0) this.#followers.delete(application);
    });
    followers.add(follower);
    if (this.#stopped) follower.values.end();
    return follower.values;
  }

  /** Ends it for those who follow others than these. */
  retain(applications: ReadonlySet<string>): void {
    for (const [application, followers] of [...this.#followers]) {
      if (!applications.has(application)) for (const { values } of [...followers]) values.end();
    }
  }

  /** All who follow come to an end. */
  stop(): void {
    this.#stopped = true;
    this.retain(new Set());
  }
}

class Follower {
  readonly values: LatestValues<Prediction>;
  readonly #clock: Clock;
  readonly #sampleEvery: number;
  #skip = 0;
  #secondMs = -Infinity;
  #toldInSecond = 0;

  constructor(clock: Clock, sampleEvery: number, left: () => void) {
    this.#clock = clock;
    this.#sampleEvery = sampleEvery;
    this.values = new LatestValues<Prediction>(MOST_WAITING, left);
  }

  offer(answer: Prediction): void {
    this.#skip -= 1;
    if (this.#skip > 0) return;
    this.#skip = this.#sampleEvery;
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#secondMs >= 1000) {
      this.#secondMs = nowMs;
      this.#toldInSecond = 0;
    }
    this.#toldInSecond += 1;
    if (this.#toldInSecond > MOST_PER_SECOND) this.values.drop();
    else this.values.put(answer);
  }
}
