import type { Clock } from "../domain/ports.js";

/**
 * What `work` comes to, if it does so within `limitMs` by the clock; else what `late` gives, and `work` goes on unheeded. No
 * alarm is left of it.
 */
export function within<T>(
  clock: Pick<Clock, "nowMs" | "at">,
  limitMs: number,
  work: Promise<T>,
  late: () => T | Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.at(clock.nowMs() + limitMs, () => resolve(late()));
    work.finally(cancel).then(resolve, reject);
  });
}

/** For `within`: it rejects then. */
export function noAnswer(limitMs: number): () => Promise<never> {
  return () => Promise.reject(new Error(`no answer within ${limitMs} ms`));
}
