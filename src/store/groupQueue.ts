import { StepsPerTurn } from "../lib/stepsPerTurn.js";

export interface GroupQueueOptions<T, R> {
  /** Items waiting or being committed, over all keys. */
  readonly maxPending: number;
  readonly maxGroup: number;
  /** Runs its callback when everything that arrived in the present event-loop turn has been handled. */
  readonly turnEnd: (callback: () => void) => void;
  /** One result per item, in order. Must not reject. */
  readonly commit: (key: string, items: readonly T[]) => Promise<GroupResult<R>>;
}

export interface GroupResult<R> {
  readonly results: readonly R[];
  /** Given at once to those who came while the group was under way: what failed it would fail them too. */
  readonly refuseBehind?: R | undefined;
}

/** What follows on an answer is some 50 us of work. */
const ANSWERS_PER_TURN = 8;

interface Pending<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
}

/**
 * Group commit: per key at most one group is under way, and what arrives meanwhile goes together in the next one, so
 * groups grow with the load and a lone item waits for nothing but the end of its turn. Bounded: `add` answers undefined
 * when full.
 */
export class GroupQueue<T, R> {
  readonly #options: GroupQueueOptions<T, R>;
  readonly #waiting = new Map<string, Pending<T, R>[]>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #answers: StepsPerTurn;
  #pending = 0;

  constructor(options: GroupQueueOptions<T, R>) {
    this.#options = options;
    this.#answers = new StepsPerTurn(options, ANSWERS_PER_TURN);
  }

  /** Items not settled yet. */
  get pending(): number {
    return this.#pending;
  }

  add(key: string, item: T): Promise<R> | undefined {
    if (this.#pending >= this.#options.maxPending) return undefined;
    this.#pending += 1;
    const promise = new Promise<R>((resolve) => this.#enqueue(key, { item, resolve }));
    if (!this.#running.has(key)) this.#running.set(key, this.#run(key));
    return promise;
  }

  /** Resolves when everything that was added has been settled. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
    await new Promise<void>((resolve) => this.#answers.add(resolve));
  }

  #enqueue(key: string, pending: Pending<T, R>): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) this.#waiting.set(key, [pending]);
    else waiting.push(pending);
  }

  async #run(key: string): Promise<void> {
    await new Promise<void>((resolve) => this.#options.turnEnd(resolve));
    for (let group = this.#take(key); group.length > 0; group = this.#take(key)) {
      const { results, refuseBehind } = await this.#options.commit(
        key,
        group.map((pending) => pending.item),
      );
      this.#settle(group, (index) => results[index] as R);
      if (refuseBehind !== undefined) this.#settle(this.#takeAll(key), () => refuseBehind);
    }
    this.#running.delete(key);
  }

  #take(key: string): readonly Pending<T, R>[] {
    const waiting = this.#takeAll(key);
    if (waiting.length > this.#options.maxGroup) this.#waiting.set(key, waiting.slice(this.#options.maxGroup));
    return waiting.slice(0, this.#options.maxGroup);
  }

  #takeAll(key: string): readonly Pending<T, R>[] {
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    return waiting;
  }

  #settle(group: readonly Pending<T, R>[], resultOf: (index: number) => R): void {
    this.#pending -= group.length;
    group.forEach((pending, index) => {
      const result = resultOf(index);
      this.#answers.add(() => pending.resolve(result));
    });
  }
}
