import { describe, expect, test } from "@jest/globals";
import type { StoredEvent } from "../../src/domain/learningPorts.js";
import { EventFeed } from "../../src/learning/eventFeed.js";
import { FakeClock } from "../support/fakeClock.js";

/** The events of one application, and who is told of changes. */
function setUp() {
  const clock = new FakeClock();
  const log: StoredEvent[] = [];
  const asked = { looks: 0, pages: [] as number[] };
  let changed = (): void => undefined;
  let failing = false;
  const feed = new EventFeed({
    clock,
    store: {
      lastEvents(names) {
        asked.looks += 1;
        if (failing) return Promise.reject(new Error("no database"));
        const last = log.at(-1)?.seq;
        return Promise.resolve(new Map(last === undefined ? [] : names.map((name) => [name, last])));
      },
      onChange(heard) {
        changed = heard;
        return Promise.resolve({ stop: () => Promise.resolve() });
      },
    },
    events: {
      events(_name, afterSeq, limit) {
        asked.pages.push(afterSeq);
        return Promise.resolve(log.filter(({ seq }) => seq > afterSeq).slice(0, limit));
      },
    },
    warn: () => undefined,
  });
  return {
    ...{ clock, log, asked, feed },
    fail: (now: boolean) => void (failing = now),
    append: (...seqs: number[]): void => {
      log.push(...seqs.map((seq): StoredEvent => ({ seq, kind: "DRIFT", content: {}, atMs: 0 })));
      changed();
    },
    /** Lets this much time pass, and what was asked be answered. */
    pass: async (ms: number): Promise<void> => {
      clock.advance(ms);
      for (let i = 0; i < 10; i++) await Promise.resolve();
    },
    follow: async (afterSeq?: number) => {
      const followed = await feed.follow("app", afterSeq);
      if (followed === undefined) throw new Error("not followed");
      return followed;
    },
  };
}

async function seqOf(next: Promise<IteratorResult<StoredEvent>>): Promise<number | undefined> {
  const result = await next;
  return result.done === true ? undefined : result.value.seq;
}

describe("events that are followed", () => {
  test("come to everybody from the place where each began, in order", async () => {
    const { feed, append, follow, pass } = setUp();
    await feed.start();
    append(3, 5);
    const [all, fromNow] = [await follow(0), await follow()];
    expect([await seqOf(all.next()), await seqOf(all.next())]).toEqual([3, 5]);
    const waiting = [all.next(), fromNow.next()];
    append(8);
    await pass(100);
    expect(await Promise.all(waiting.map(seqOf))).toEqual([8, 8]);
  });

  test("end for those who follow an application that is deleted", async () => {
    const { feed, follow } = setUp();
    await feed.start();
    const next = (await follow()).next();
    feed.retain(new Set(["app", "other"]));
    const other = (await follow()).next();
    feed.retain(new Set(["other"]));
    expect(await Promise.all([next, other])).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
  });

  test("wait in the log for who reads slowly: a page at a time, and none is left out", async () => {
    const { feed, append, asked, follow } = setUp();
    await feed.start();
    append(...Array.from({ length: 250 }, (_, i) => i + 1));
    const slow = await follow(0);
    for (let seq = 1; seq <= 250; seq++) expect(await seqOf(slow.next())).toBe(seq);
    expect(asked.pages).toEqual([0, 100, 200]);
  });

  test("are looked for once in a while however often the log changes, and not at all while nobody follows", async () => {
    const { feed, append, asked, follow, pass } = setUp();
    await feed.start();
    for (let i = 0; i < 50; i++) append();
    await pass(1000);
    expect(asked.looks).toBe(0);
    const followed = await follow();
    const next = followed.next();
    const before = asked.looks;
    for (let i = 0; i < 100; i++) {
      append();
      await pass(2);
    }
    expect(asked.looks - before).toBeLessThanOrEqual(3);
    append(1);
    await pass(100);
    expect(await seqOf(next)).toBe(1);
    await followed.return?.();
    const after = asked.looks;
    append(2);
    await pass(5000);
    expect(asked.looks).toBe(after);
  });

  test("come without a notification too, and after the database was away", async () => {
    const { feed, log, fail, follow, pass } = setUp();
    await feed.start();
    const next = (await follow()).next();
    fail(true);
    log.push({ seq: 4, kind: "POLICY", content: {}, atMs: 0 });
    await pass(600);
    fail(false);
    await pass(600);
    expect(await seqOf(next)).toBe(4);
  });

  test("end for everybody when the feed stops, and twice is once", async () => {
    const { feed, follow, clock } = setUp();
    await feed.start();
    const next = (await follow()).next();
    await feed.stop();
    await feed.stop();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await feed.follow("app", 0)).toBeUndefined();
    expect(clock.alarms).toBe(0);
  });
});
