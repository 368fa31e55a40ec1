import { describe, expect, test } from "@jest/globals";
import { EventStreamFront, payloadInAddress } from "../../src/graphql/eventStreamFront.js";
import { FakeEventResponse, fakeRequest } from "../support/fakeEventResponse.js";
import { settled } from "../support/fakeWebsocket.js";
import { EVERYTHING, TICKS, tickingWorld } from "../support/tickingWorld.js";
import type { Given } from "../support/tickingWorld.js";

function setUp(given: Given = {}) {
  const world = tickingWorld(given);
  const { schema, operations, lane, clock } = world;
  const front = new EventStreamFront(world);
  const ask = async (token?: string, query = TICKS, method = "POST") => {
    const response = new FakeEventResponse();
    const request = fakeRequest(token === undefined ? undefined : `Bearer ${token}`, method);
    const sent = { request, response: response.raw, payload: { query }, arrivalMs: clock.nowMs() };
    const asked = { schema, operations, lane, ...sent };
    const answered = front.accept(asked);
    await settled();
    return Object.assign(response, { answered });
  };
  return { ...world, front, ask };
}

const refusedAs = (code: string) => ({
  event: "next",
  data: { errors: [expect.objectContaining({ extensions: expect.objectContaining({ code }) as unknown })] },
});
const COMPLETE = { event: "complete", data: null };

describe("an event stream", () => {
  test("has a first byte at once, each value as it comes, and ends when its source does", async () => {
    const { ask, tick, feeds, clock, open } = setUp();
    const response = await ask();
    expect([response.statusCode, response.headers["content-type"]]).toEqual([200, "text/event-stream; charset=utf-8"]);
    expect(response.text).toBe(":\n\n");
    await tick("a");
    await tick("b");
    expect(response.told).toEqual(["a", "b"]);
    for (const feed of feeds) feed.end();
    await settled();
    expect(response.events.at(-1)).toEqual(COMPLETE);
    await response.answered;
    expect([response.writableEnded, open.subscriptions, clock.alarms]).toEqual([true, 0, 0]);
  });

  test("that is slow gets the latest, and holds back nobody else", async () => {
    const { ask, tick } = setUp();
    const [slow, quick] = [await ask(), await ask()];
    slow.reads = false;
    for (const text of ["a", "b", "c", "d"]) await tick(text);
    expect([slow.told, quick.told]).toEqual([["a"], ["a", "b", "c", "d"]]);
    slow.drain();
    await settled();
    expect(slow.told).toEqual(["a", "d"]);
  });

  test("of which nothing is read for 10 s is cut, and leaves nothing behind", async () => {
    const { ask, tick, clock, feeds, open } = setUp();
    const response = await ask();
    clock.advance(9000);
    response.reads = false;
    await tick("unread");
    clock.advance(9999);
    expect(response.destroyed).toBe(false);
    clock.advance(1);
    await settled();
    expect([response.destroyed, feeds.size, open.subscriptions, clock.alarms]).toEqual([true, 0, 0, 0]);
  });

  test("of which more than a megabyte is unread is cut", async () => {
    const { ask, tick } = setUp();
    const response = await ask();
    response.writableLength = 2 ** 20 + 1;
    await tick("one more");
    expect(response.destroyed).toBe(true);
  });

  test("is kept open by comments, none while one is unread", async () => {
    const { ask, clock } = setUp();
    const response = await ask();
    clock.advance(20_000);
    expect([response.text, response.events]).toEqual([":\n\n:\n\n", []]);
    response.reads = false;
    clock.advance(29_999);
    expect(response.text).toBe(":\n\n:\n\n:\n\n");
  });

  test("says so when its token has expired", async () => {
    const { ask, known, clock, feeds } = setUp({ tokens: { good: EVERYTHING } });
    known["short"] = { ...EVERYTHING, expiresAtMs: clock.wallMs() + 9000 };
    const response = await ask("short");
    delete known["short"];
    clock.advance(9001);
    await settled();
    expect(response.events).toEqual([refusedAs("UNAUTHENTICATED"), COMPLETE]);
    expect([response.writableEnded, feeds.size, clock.alarms]).toEqual([true, 0, 0]);
  });

  test("ends without completion when the server stops, and none begins then", async () => {
    const { front, ask, feeds } = setUp();
    const response = await ask();
    front.stop();
    await settled();
    expect([response.writableEnded, response.events, feeds.size]).toEqual([true, [], 0]);
    const late = await ask();
    expect([late.statusCode, late.headers["retry-after"], late.writableEnded]).toEqual([503, "1", true]);
  });
});

describe("an operation", () => {
  test("is refused in the stream for what validation, scopes and limits refuse", async () => {
    const { ask, open } = setUp({ tokens: { reader: { ...EVERYTHING, scopes: new Set(["READ"]) } } });
    expect((await ask("reader")).events).toEqual([refusedAs("FORBIDDEN"), COMPLETE]);
    for (const query of ["subscription { nothing }", "subscription {", ""]) {
      expect((await ask("reader", query)).events).toEqual([refusedAs("BAD_INPUT"), COMPLETE]);
    }
    expect(open.subscriptions).toBe(0);
  });

  test("of whom nobody knows is refused with 401, before there are events", async () => {
    const { ask } = setUp({ tokens: { good: EVERYTHING } });
    const response = await ask("bad");
    expect([response.statusCode, response.writableEnded]).toEqual([401, true]);
    expect(response.text).toContain("UNAUTHENTICATED");
  });

  test("that subscribes takes one of the places of its key", async () => {
    const { ask, open } = setUp({ tokens: { a: EVERYTHING }, caps: { sockets: 1, subscriptions: 2 } });
    const [first] = [await ask("a"), await ask("a")];
    expect((await ask("a")).events).toEqual([refusedAs("RATE_LIMITED"), COMPLETE]);
    first.destroy();
    await settled();
    expect(open.subscriptions).toBe(1);
    expect((await ask("a")).events).toEqual([]);
  });

  test("with one answer has that, and its completion; never by GET", async () => {
    const { ask } = setUp();
    const answer = { event: "next", data: { data: { models: null } } };
    expect((await ask(undefined, "{ models }")).events).toEqual([answer, COMPLETE]);
    const got = await ask(undefined, "{ models }", "GET");
    expect([got.statusCode, got.headers["allow"], got.events]).toEqual([405, "POST", []]);
  });

  test("that fails by a defect says only that it did", async () => {
    const { ask, schema, defects } = setUp();
    const field = schema.getSubscriptionType()?.getFields()["metrics"];
    if (field !== undefined) field.subscribe = () => Promise.reject(new Error("secret"));
    const response = await ask();
    expect(response.events).toEqual([refusedAs("INTERNAL"), COMPLETE]);
    expect(response.text).not.toContain("secret");
    expect(String(defects[0])).toContain("secret");
  });
});

test("event streams leave nothing behind, however often they come and go", async () => {
  const { ask, tick, feeds, open, clock } = setUp();
  for (let round = 0; round < 10; round++) {
    const responses = await Promise.all(Array.from({ length: 100 }, () => ask()));
    await tick("x");
    expect([feeds.size, open.subscriptions]).toEqual([100, 100]);
    for (const response of responses) response.destroy();
    await Promise.all(responses.map(({ answered }) => answered));
    expect([feeds.size, open.subscriptions, clock.alarms]).toEqual([0, 0, 0]);
  }
});

test("the operation of a GET stands in its address", () => {
  const address = `/graphql?query=${encodeURIComponent("subscription { a }")}&variables=${encodeURIComponent('{"b":1}')}`;
  expect(payloadInAddress(address)).toMatchObject({ query: "subscription { a }", variables: { b: 1 } });
  expect(payloadInAddress("/graphql?variables={")).toBeUndefined();
});
