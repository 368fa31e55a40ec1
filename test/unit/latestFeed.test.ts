import { describe, expect, test } from "@jest/globals";
import { LatestFeed } from "../../src/lib/latestFeed.js";
import { RecentLines } from "../../src/lib/recentLines.js";

describe("a feed of latest values", () => {
  test("gives what was, then each change; one who is slow hears the last of each key", async () => {
    const feed = new LatestFeed<string>();
    const heard = feed.follow([["a", "a0"]]);
    feed.tell("a", "a1");
    feed.tell("b", "b1");
    feed.tell("b", "b2");
    expect(
      [await heard.next(), await heard.next()].map(({ value }: IteratorResult<string>) => value as string),
    ).toEqual(["a1", "b2"]);
    const next = heard.next();
    feed.tell("a", "a2");
    expect(await next).toEqual({ done: false, value: "a2" });
  });

  test("gives only what is wanted, and ends for all", async () => {
    const feed = new LatestFeed<number>();
    const even = feed.follow([["a", 1]], (value) => value % 2 === 0);
    const next = even.next();
    feed.tell("b", 3);
    feed.tell("c", 4);
    expect(await next).toEqual({ done: false, value: 4 });
    const last = even.next();
    feed.stop();
    expect(await last).toMatchObject({ done: true });
    expect(await even.next()).toMatchObject({ done: true });
  });
});

test("of many lines the last ones are kept, cut, with their places", () => {
  const lines = new RecentLines(3);
  for (let i = 1; i <= 100; i++) lines.add(i, `line ${i}`);
  expect(lines.last(2).map(({ text }) => text)).toEqual(["line 99", "line 100"]);
  expect(lines.last(1000).map(({ seq }) => seq)).toEqual([98, 99, 100]);
  expect(lines.last(1000, 99).map(({ seq }) => seq)).toEqual([100]);
  lines.add(101, "x".repeat(5000));
  expect(lines.last(1)[0]?.text).toHaveLength(2000);
});
