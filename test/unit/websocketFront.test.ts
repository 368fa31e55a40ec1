import { describe, expect, test } from "@jest/globals";
import { WebsocketFront } from "../../src/graphql/websocketFront.js";
import { FakeWebsocket, settled } from "../support/fakeWebsocket.js";
import { EVERYTHING, TICKS, tickingWorld } from "../support/tickingWorld.js";
import type { Given } from "../support/tickingWorld.js";

/** A front with a subscription that the test feeds, and a query. */
function setUp(given: Given = {}) {
  const world = tickingWorld(given);
  const { clock, known, open, feeds, defects, tick } = world;
  const front = new WebsocketFront(world);
  const connect = (protocol?: string) => {
    const socket = new FakeWebsocket(protocol);
    front.accept(socket, () => "");
    return socket;
  };
  /** One that has introduced itself. */
  const introduce = async (token?: string) => {
    const socket = connect();
    const payload = token === undefined ? undefined : { authorization: `Bearer ${token}` };
    await socket.says({ type: "connection_init", payload });
    return socket;
  };
  const subscribe = (socket: FakeWebsocket, id: string, query = TICKS) =>
    socket.says({ type: "subscribe", id, payload: { query } });
  return { clock, known, front, open, feeds, defects, connect, introduce, subscribe, tick };
}

describe("a websocket is closed", () => {
  test("with 4406 when it speaks another protocol", () => {
    const { connect } = setUp();
    expect(connect("graphql-ws").codes).toEqual([4406]);
  });

  test.each([
    ["no JSON", "{"],
    ["no message", "7"],
    ["a message without a type", "{}"],
    ["a subscription without an id", '{"type":"subscribe","payload":{"query":"{ models }"}}'],
    ["a message that only servers send", '{"type":"connection_ack"}'],
  ])("with 4400 when it says %s", async (_, text) => {
    const { introduce, defects } = setUp();
    const socket = await introduce();
    await socket.says(text);
    expect(socket.codes).toEqual([4400]);
    expect(defects).toEqual([]);
  });

  test("with 4401 when it asks before it was let in", async () => {
    const { connect, subscribe } = setUp();
    const socket = connect();
    await subscribe(socket, "1");
    expect(socket.codes).toEqual([4401]);
  });

  test("with 4403 when nobody knows its key", async () => {
    const { introduce } = setUp({ tokens: { good: EVERYTHING } });
    expect((await introduce("good")).types).toEqual(["connection_ack"]);
    expect((await introduce("bad")).codes).toEqual([4403]);
    expect((await introduce()).codes).toEqual([4403]);
  });

  test("with 4403 when its token expires, whatever it does meanwhile", async () => {
    const { clock, known, introduce, subscribe, tick, feeds } = setUp({ tokens: { good: EVERYTHING } });
    known["short"] = { ...EVERYTHING, expiresAtMs: clock.wallMs() + 90_000 };
    const sockets = [await introduce("short"), await introduce("short")];
    for (const socket of sockets) await subscribe(socket, "1");
    await tick("before");
    for (let i = 0; i < 8; i++) {
      for (const socket of sockets) socket.emit("pong");
      clock.advance(11_000);
    }
    delete known["short"];
    await settled();
    expect(sockets.map(({ codes }) => codes)).toEqual([[], []]);
    clock.advance(2000);
    await settled();
    expect(sockets.map(({ codes }) => codes)).toEqual([[4403], [4403]]);
    for (const socket of sockets) socket.gone();
    await settled();
    expect(feeds.size).toBe(0);
  });

  test("with 4408 when it does not introduce itself within 3 s", async () => {
    const { clock, connect, introduce } = setUp();
    const silent = connect();
    const introduced = await introduce();
    clock.advance(2999);
    expect(silent.codes).toEqual([]);
    clock.advance(1);
    expect([silent.codes, introduced.codes]).toEqual([[4408], []]);
  });

  test("with 4409 when an id is in use", async () => {
    const { introduce, subscribe } = setUp();
    const socket = await introduce();
    await subscribe(socket, "1");
    await subscribe(socket, "1");
    expect(socket.codes).toEqual([4409]);
  });

  test("with 4429 when it introduces itself again", async () => {
    const { introduce } = setUp();
    const socket = await introduce();
    await socket.says({ type: "connection_init" });
    expect(socket.codes).toEqual([4429]);
  });

  test("with 4500 at a defect, which is logged and not told", async () => {
    const { introduce, defects } = setUp();
    const socket = await introduce();
    socket.send = () => {
      throw new Error("secret");
    };
    await socket.says({ type: "ping" });
    expect(socket.closes).toEqual([[4500, "Internal server error"]]);
    expect(String(defects[0])).toContain("secret");
  });

  test("with 1001 when the server stops, and so are those that come then", async () => {
    const { front, introduce, connect } = setUp();
    const socket = await introduce();
    await front.stop();
    expect(socket.codes).toEqual([1001]);
    expect(connect().codes).toEqual([1001]);
  });

  test("with 1013 when its key has as many as it may have, until one of them goes", async () => {
    const other = { ...EVERYTHING, keyId: "two" };
    const { introduce, open } = setUp({ tokens: { a: EVERYTHING, b: other } });
    const [first, second, third] = [await introduce("a"), await introduce("a"), await introduce("a")];
    expect([first, second, third].map((socket) => socket.codes)).toEqual([[], [], [1013]]);
    expect(third.closes[0]?.[1]).toMatch(/2 websockets/);
    expect((await introduce("b")).codes).toEqual([]);
    for (const socket of [third, first]) socket.gone();
    expect((await introduce("a")).codes).toEqual([]);
    expect(open.sockets).toBe(3);
  });

  test("with 1013 when more than a megabyte waits for it to read", async () => {
    const { introduce } = setUp();
    const socket = await introduce();
    socket.reads = false;
    socket.bufferedAmount = 2 ** 20 - 50;
    await socket.says({ type: "ping" });
    expect(socket.codes).toEqual([]);
    await socket.says({ type: "ping", payload: { some: "more than what is left of it, a few bytes" } });
    expect(socket.codes).toEqual([1013]);
  });

  test("with 1013 when it leaves the answers to its own pings unread", async () => {
    const { introduce } = setUp();
    const socket = await introduce();
    socket.bufferedAmount = 2 ** 20 + 1;
    socket.emit("ping");
    expect(socket.codes).toEqual([1013]);
  });

  test("with 1013 when it has read nothing for 10 s, and is cut 5 s later", async () => {
    const { clock, introduce, subscribe, tick } = setUp();
    const socket = await introduce();
    await subscribe(socket, "1");
    await subscribe(socket, "2");
    await tick("read");
    clock.advance(9000);
    socket.reads = false;
    await tick("unread");
    clock.advance(9000);
    socket.drain(1);
    clock.advance(9999);
    socket.emit("pong");
    expect(socket.codes).toEqual([]);
    clock.advance(1);
    expect(socket.codes).toEqual([1013]);
    clock.advance(4999);
    expect(socket.terminated).toBe(false);
    clock.advance(1);
    expect(socket.terminated).toBe(true);
    expect(clock.alarms).toBe(0);
  });
});

describe("a websocket", () => {
  test("that is slow gets the latest, and holds back nobody else", async () => {
    const { introduce, subscribe, tick } = setUp();
    const [slow, quick] = [await introduce(), await introduce()];
    await Promise.all([subscribe(slow, "1"), subscribe(quick, "1")]);
    slow.reads = false;
    for (const text of ["a", "b", "c", "d"]) await tick(text);
    const told = ({ sent }: FakeWebsocket) =>
      sent.flatMap(({ type, payload }) =>
        type === "next" ? [(payload as { data: { metrics: string } }).data.metrics] : [],
      );
    expect([told(slow), told(quick)]).toEqual([["a"], ["a", "b", "c", "d"]]);
    slow.drain(1);
    await settled();
    expect(told(slow)).toEqual(["a", "d"]);
  });

  test("is pinged every 20 s, and cut when it has not answered by the next", async () => {
    const { clock, introduce } = setUp();
    const socket = await introduce();
    clock.advance(20_000);
    socket.emit("pong");
    clock.advance(20_000);
    expect([socket.pings, socket.terminated]).toEqual([2, false]);
    clock.advance(20_000);
    expect([socket.pings, socket.terminated]).toEqual([2, true]);
  });

  test("that goes while it is identified leaves nothing behind", async () => {
    const { clock, connect, open } = setUp({ tokens: { good: { ...EVERYTHING, expiresAtMs: 1e15 } } });
    const socket = connect();
    const said = socket.says({ type: "connection_init", payload: { authorization: "Bearer good" } });
    socket.gone();
    await said;
    expect([clock.alarms, open.sockets]).toEqual([0, 0]);
  });
});

describe("subscriptions", () => {
  test("are so many a key, over all of its sockets, and none where access is open", async () => {
    const tokens = { a: EVERYTHING, b: { ...EVERYTHING, keyId: "two" } };
    const { introduce, subscribe, open } = setUp({ tokens });
    const [first, second, other] = [await introduce("a"), await introduce("a"), await introduce("b")];
    await subscribe(first, "1");
    await subscribe(first, "2");
    await subscribe(second, "1");
    await subscribe(second, "2");
    await subscribe(other, "1");
    expect(second.sent.at(-1)).toMatchObject({
      type: "error",
      id: "2",
      payload: [
        { message: expect.stringContaining("3 subscriptions") as unknown, extensions: { code: "RATE_LIMITED" } },
      ],
    });
    expect(open.subscriptions).toBe(4);
    await second.says({ type: "complete", id: "1" });
    await subscribe(second, "3");
    expect(open.subscriptions).toBe(4);
    first.gone();
    await settled();
    expect(open.subscriptions).toBe(2);
    const free = setUp({ caps: { sockets: 1, subscriptions: 1 } });
    for (let i = 0; i < 5; i++) await free.subscribe(await free.introduce(), "1");
    expect([free.open.subscriptions, free.open.sockets]).toEqual([5, 5]);
  });

  test("that are refused take no place", async () => {
    const { introduce, subscribe, open } = setUp({ tokens: { a: { ...EVERYTHING, scopes: new Set(["READ"]) } } });
    const socket = await introduce("a");
    for (const query of [TICKS, "subscription { nothing }", "subscription {", "{ models }"]) {
      await subscribe(socket, query, query);
    }
    expect(socket.types).toEqual(["connection_ack", "error", "error", "error", "next", "complete"]);
    expect(open.subscriptions).toBe(0);
  });

  test("whose id is used again before they have ended end all the same", async () => {
    const { introduce, subscribe, open, feeds, tick } = setUp({ tokens: { a: EVERYTHING } });
    const socket = await introduce("a");
    for (let i = 0; i < 5; i++) {
      void socket.says({ type: "complete", id: "1" });
      void subscribe(socket, "1");
    }
    await tick("x");
    expect(open.subscriptions).toBe(feeds.size);
    expect(feeds.size).toBeLessThanOrEqual(3);
    socket.gone();
    await settled();
    expect([open.subscriptions, feeds.size]).toEqual([0, 0]);
  });

  test("leave nothing behind, however often they come and go", async () => {
    const { clock, introduce, subscribe, tick, open, feeds } = setUp();
    for (let round = 0; round < 10; round++) {
      const sockets = await Promise.all(Array.from({ length: 10 }, () => introduce()));
      for (let i = 0; i < 10; i++) await Promise.all(sockets.map((socket) => subscribe(socket, String(i))));
      await tick("x");
      expect([feeds.size, open.subscriptions]).toEqual([100, 100]);
      for (const [at, socket] of sockets.entries()) {
        if (at % 2 === 0) for (let i = 0; i < 10; i++) void socket.says({ type: "complete", id: String(i) });
        socket.gone();
      }
      await settled();
      expect([feeds.size, open.subscriptions, open.sockets, clock.alarms]).toEqual([0, 0, 0, 0]);
      expect(sockets.every((socket) => socket.listenerCount("close") === 0)).toBe(true);
    }
  });
});
