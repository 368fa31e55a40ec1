import { afterEach, describe, expect, test } from "@jest/globals";
import { status } from "@grpc/grpc-js";
import { LinkRig } from "../support/linkRig.js";
import { GOOD_SERVICE_MS } from "../../src/replicas/linkBackoff.js";

let rig: LinkRig;
afterEach(() => rig.stop());

async function connect(...options: ConstructorParameters<typeof LinkRig>): Promise<void> {
  rig = new LinkRig(...options);
  await rig.start();
}

describe("a link whose wrapper stops", () => {
  const DRAINING = "the wrapper is stopping";

  test("gives back a refused batch after it is out of use, and waits for the batches that were accepted", async () => {
    await connect();
    rig.send(1, 1, 2);
    rig.send(2, 3);
    await rig.server.received(2);
    rig.server.refuse(2, "UNAVAILABLE", DRAINING);
    const refused = `2 lost: model m@1: replica r refused it: ${DRAINING}`;
    await rig.happened(refused);
    expect(rig.events).toEqual(["ready", `lost: ${DRAINING}`, refused]);
    expect({ phase: rig.link.phase, problem: rig.link.problem }).toEqual({ phase: "DRAINING", problem: DRAINING });
    rig.send(3, 4);
    await rig.happened("3 lost: replica r is not connected");
    rig.server.answer(1, [1, 2]);
    await rig.happened("waits");
    expect(rig.events.slice(4)).toEqual(["1 rows: 2 rows", "waits"]);
    expect({ phase: rig.link.phase, retryInMs: rig.link.retryInMs }).toEqual({ phase: "BACKOFF", retryInMs: 50 });
    rig.clock.fire();
    await rig.happened("ready", 2);
    expect(rig.server.streams).toBe(2);
  });

  test("gives back what it waits for when the stream breaks, and is lost once", async () => {
    await connect();
    rig.send(1, 1);
    rig.send(2, 2);
    await rig.server.received(2);
    rig.server.refuse(2, "UNAVAILABLE", DRAINING);
    await rig.until(() => rig.events.length === 3);
    rig.server.call?.end();
    await rig.until(() => rig.events.length === 5);
    expect(rig.events.slice(3)).toEqual(["waits", "1 lost: model m@1: lost replica r: the wrapper closed the stream"]);
    // It may have been the batch that ended the wrapper.
    expect(rig.replies.get(1)).not.toHaveProperty("refused");
  });

  test("says of the largest batch in flight that a reply was too long for a message", async () => {
    await connect({}, { maxMessageBytes: 100_000 });
    rig.send(1, 1);
    rig.send(2, 2, 3);
    await rig.server.received(2);
    rig.server.answer(2, new Array<number>(200_000).fill(0));
    await rig.until(() => rig.replies.size === 2);
    expect(rig.replies.get(2)).toMatchObject({ kind: "failed", code: "MODEL_BAD_OUTPUT", tooLong: true });
    expect(rig.replies.get(1)).toMatchObject({ kind: "failed", code: "MODEL_BAD_OUTPUT" });
    expect(rig.replies.get(1)).not.toHaveProperty("tooLong");
  });

  test("gives back what it waits for when it is stopped itself", async () => {
    await connect();
    rig.send(1, 1);
    rig.send(2, 2);
    await rig.server.received(2);
    rig.server.refuse(2, "UNAVAILABLE", DRAINING);
    await rig.until(() => rig.events.length === 3);
    rig.link.stop();
    expect(rig.events.slice(3)).toEqual(["1 lost: model m@1: lost replica r: the link was closed"]);
    expect(rig.replies.get(1)).toMatchObject({ refused: true });
    expect(rig.link.phase).toBe("STOPPED");
  });
});

describe("a link", () => {
  test("says which error a wrapper gave, and goes on", async () => {
    await connect();
    rig.send(1, 1);
    await rig.server.received(1);
    rig.server.refuse(1, "RESOURCE_EXHAUSTED", "1024 requests wait already");
    const failed = "1 failed: model m@1: RESOURCE_EXHAUSTED: 1024 requests wait already";
    await rig.happened(failed);
    expect(rig.events).toEqual(["ready", failed]);
    expect(rig.link.phase).toBe("READY");
  });

  test("to a server whose model is not ready is never ready, says why, and tries less and less often", async () => {
    rig = new LinkRig();
    rig.server.ready = false;
    await rig.start();
    for (let tries = 1; tries < 6; tries++) {
      await rig.happened("waits", tries);
      rig.clock.fire();
    }
    await rig.happened("waits", 6);
    expect(rig.events).toEqual(Array.from({ length: 6 }, () => "waits"));
    expect(rig.clock.delaysMs).toEqual([50, 100, 200, 400, 400, 400]);
    expect(rig.link.problem).toBe("the server says that the model is not ready");
  });

  /** One round of a crash loop: the link is ready, answers a batch if it is told to, and breaks with the next. */
  async function crash(round: number, answered: boolean): Promise<void> {
    await rig.happened("ready", round);
    rig.send(2 * round, 1);
    await rig.server.received(rig.server.requests.length + 1);
    if (answered) {
      rig.server.answer(2 * round, [1]);
      await rig.happened(`${2 * round} rows: 1 rows`);
    }
    rig.server.call?.emit("error", { code: status.INTERNAL, details: "it broke" });
    await rig.happened("waits", round);
  }

  test.each([
    ["with every batch", false],
    ["after a batch in each round", true],
  ])("to a server whose stream breaks %s tries less and less often, up to 5 s", async (_, answered) => {
    await connect();
    for (let round = 1; round <= 9; round++) {
      if (round > 1) rig.clock.fire();
      await crash(round, answered);
    }
    expect(rig.clock.delaysMs).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    // One try a wait.
    expect({ described: rig.server.described, streams: rig.server.streams }).toEqual({ described: 9, streams: 9 });
  });

  test("that has served well for a while tries soon when it breaks", async () => {
    await connect();
    for (let round = 1; round <= 3; round++) {
      if (round > 1) rig.clock.fire();
      await crash(round, false);
    }
    rig.clock.fire();
    await rig.happened("ready", 4);
    rig.clock.timeMs += GOOD_SERVICE_MS;
    await crash(4, true);
    rig.clock.fire();
    await crash(5, false);
    expect(rig.clock.delaysMs).toEqual([50, 100, 200, 50, 50]);
  });

  test("whose server was down between two batches tries soon when it is down again", async () => {
    rig = new LinkRig();
    rig.server.ready = false;
    await rig.start();
    rig.clock.fire();
    await rig.happened("waits", 2);
    rig.server.ready = true;
    rig.clock.fire();
    await rig.happened("ready");
    rig.send(1, 1);
    await rig.server.received(1);
    rig.server.answer(1, [1]);
    await rig.happened("1 rows: 1 rows");
    rig.server.ready = false;
    rig.server.call?.end();
    await rig.happened("waits", 3);
    rig.clock.fire();
    await rig.happened("waits", 4);
    // Twice not reached, broke, not reached.
    expect(rig.clock.delaysMs).toEqual([50, 100, 50, 50]);
  });

  test("waits until the server says that the model is ready", async () => {
    rig = new LinkRig();
    rig.server.ready = false;
    await rig.start();
    expect(rig.link.problem).toBe("the server says that the model is not ready");
    rig.server.ready = true;
    rig.clock.fire();
    await rig.happened("ready");
    expect(rig.events).toEqual(["waits", "ready"]);
  });
});

describe("a link to a server with gRPC's health service", () => {
  const NOT_SERVING = "the server says that it is not serving";

  test("sends nothing more when it does not serve, waits for what it had accepted, and is back when it does", async () => {
    await connect({ withHealth: true });
    rig.send(1, 1);
    await rig.server.received(1);
    rig.server.setServing(false);
    await rig.happened(`lost: ${NOT_SERVING}`);
    expect({ phase: rig.link.phase, problem: rig.link.problem }).toEqual({ phase: "DRAINING", problem: NOT_SERVING });
    rig.server.answer(1, [7]);
    await rig.happened("waits");
    expect(rig.events).toEqual(["ready", `lost: ${NOT_SERVING}`, "1 rows: 1 rows", "waits"]);
    rig.clock.fire();
    await rig.happened("waits", 2);
    expect({ phase: rig.link.phase, problem: rig.link.problem }).toEqual({ phase: "BACKOFF", problem: NOT_SERVING });
    rig.server.setServing(true);
    rig.clock.fire();
    await rig.happened("ready", 2);
    // To say so is no crash: both are waits for a server that was not reached.
    expect(rig.clock.delaysMs).toEqual([50, 100]);
  });

  test("leaves an idle one at once", async () => {
    await connect({ withHealth: true });
    rig.server.setServing(false);
    await rig.happened("waits");
    expect(rig.events).toEqual(["ready", `lost: ${NOT_SERVING}`, "waits"]);
  });

  test("never begins with one that does not serve", async () => {
    rig = new LinkRig({ withHealth: true });
    rig.server.setServing(false);
    await rig.start();
    expect(rig.events).toEqual(["waits"]);
    expect(rig.link.problem).toBe(NOT_SERVING);
  });
});

describe("a link to a wrapper with the extension", () => {
  async function extended(options: ConstructorParameters<typeof LinkRig>[1] = {}): Promise<void> {
    rig = new LinkRig({}, options);
    rig.server.extensions = ["skysail"];
    await rig.start();
  }
  const echo = (text: string) => ({ row_ids: { stringParam: text } });

  test("says which rows it sends and how much time is left, and takes a reply that repeats them", async () => {
    await extended();
    rig.send(3, 7, 8);
    await rig.server.received(1);
    expect(rig.server.requests[0]?.parameters).toMatchObject({
      row_ids: { stringParam: "300,301" },
      deadline_us: { int64Param: 25_000 },
    });
    expect(rig.server.requests[0]?.parameters).not.toHaveProperty("crc32");
    rig.server.answer(3, [7, 8], echo("300,301"));
    await rig.happened("3 rows: 2 rows");
  });

  test.each([
    ["another row's id", echo("300,302"), 'row 1: expected id 301, got "302"'],
    ["its rows' ids in another order", echo("301,300"), 'row 0: expected id 300, got "301"'],
    ["one id less", echo("300"), "expected 2 row ids, got 1"],
    ["no ids", {}, "the reply has no row ids"],
    ["ids that are no text", { row_ids: { int64Param: 300 } }, "the reply has no row ids"],
  ])("refuses a reply with %s whole", async (_, parameters, why) => {
    await extended();
    rig.send(3, 7, 8);
    await rig.server.received(1);
    rig.server.answer(3, [7, 8], parameters);
    await rig.happened(`3 failed: model m@1: ${why}`);
    expect(rig.replies.get(3)).toMatchObject({ kind: "failed", code: "MODEL_BAD_OUTPUT" });
    expect(rig.counters.unusableReplies).toBe(1);
    expect(rig.link.phase).toBe("READY");
  });

  test("takes a reply in which rows failed, and asks for it where there are several", async () => {
    await extended();
    rig.send(3, 7, 8);
    rig.send(4, 9);
    await rig.server.received(2);
    expect(rig.server.requests[0]?.parameters).toMatchObject({ row_errors: { boolParam: true } });
    expect(rig.server.requests[1]?.parameters).not.toHaveProperty("row_errors");
    const failed = JSON.stringify([{ row: 0, error_code: "INTERNAL", message: "it cannot" }]);
    rig.server.answer(3, [0, 8], { ...echo("300,301"), row_errors: { stringParam: failed } });
    await rig.happened("3 rows: 2 rows");
    expect(rig.replies.get(3)).toMatchObject({
      kind: "rows",
      rows: [{ kind: "failed", code: "MODEL_ERROR", message: "model m@1: INTERNAL: it cannot" }, { kind: "output" }],
    });
  });

  test("sends no more than the protocol says to other servers", async () => {
    await connect();
    rig.send(3, 7, 8);
    await rig.server.received(1);
    expect(rig.server.requests[0]?.parameters).toEqual({});
  });

  test("sends a CRC-32 where it is to, and refuses contents that do not have theirs as lost on the way", async () => {
    await extended({ checksums: true });
    rig.send(3, 0x31, 0x32, 0x33);
    await rig.server.received(1);
    // Of the text 123.
    expect(rig.server.requests[0]?.parameters).toMatchObject({ crc32: { int64Param: 0x884863d2 } });
    const ids = echo("300,301,302");
    rig.server.answer(3, [0x31, 0x32, 0x34], { ...ids, crc32: { int64Param: 0x884863d2 } });
    await rig.until(() => rig.replies.has(3));
    expect(rig.replies.get(3)).toEqual({
      kind: "lost",
      refused: true,
      message:
        "model m@1: replica r is behind a line that corrupts: " +
        "the reply's contents do not have the CRC-32 that came with them (2286445522)",
    });
    rig.send(4, 0x31);
    await rig.server.received(2);
    rig.server.answer(4, [0x31], echo("400"));
    await rig.until(() => rig.replies.has(4));
    expect(rig.replies.get(4)).toMatchObject({ kind: "lost", message: expect.stringContaining("has no CRC-32") });
    rig.send(5, 0x31, 0x32, 0x33);
    await rig.server.received(3);
    rig.server.answer(5, [0x31, 0x32, 0x33], { ...echo("500,501,502"), crc32: { int64Param: 0x884863d2 } });
    await rig.happened("5 rows: 3 rows");
    expect(rig.events[0]).toBe("ready");
    expect(rig.link.phase).toBe("READY");
  });

  test("takes contents that the wrapper found corrupted for lost on the way", async () => {
    await extended({ checksums: true });
    rig.send(3, 1);
    await rig.server.received(1);
    rig.server.refuse(3, "DATA_LOSS", "the raw contents differ");
    await rig.until(() => rig.replies.has(3));
    expect(rig.replies.get(3)).toMatchObject({ kind: "lost" });
    expect(rig.link.phase).toBe("READY");
  });
});

describe("replies that nobody can use", () => {
  test("are counted and passed over when they are for no request in flight", async () => {
    await connect();
    rig.send(1, 1);
    rig.send(2, 2);
    await rig.server.received(2);
    rig.server.answer(99, [9]);
    rig.server.answer(1, [1]);
    rig.server.answer(1, [9]);
    rig.server.answer(2, [2]);
    await rig.happened("2 rows: 1 rows");
    expect(rig.events).toEqual(["ready", "1 rows: 1 rows", "2 rows: 1 rows"]);
    expect(rig.replies.get(1)).toMatchObject({ rows: [{ output: [Buffer.of(1)] }] });
    expect(rig.counters.unknownReplies).toBe(2);
  });

  test.each([
    ["malformed", Buffer.of(0x12, 0x03, 0x1a, 0x01, 0x31, 0x12, 0x7f), "malformed reply: "],
    ["malformed without an id", Buffer.of(0x0a, 0x7f), "malformed reply: "],
    ["empty", {}, "empty reply"],
    ["without an id", { inferResponse: { rawOutputContents: [Buffer.of(1)] } }, "outputs without the request's id"],
  ])("fail the batch that they can only be for: %s", async (_, message, why) => {
    await connect();
    rig.send(1, 1);
    await rig.server.received(1);
    rig.server.write(message);
    await rig.until(() => rig.replies.has(1));
    expect(rig.replies.get(1)).toMatchObject({
      kind: "failed",
      code: "MODEL_BAD_OUTPUT",
      message: expect.stringContaining(`model m@1: ${why}`),
    });
    expect(rig.link.phase).toBe("READY");
  });

  test("break the link when they may be for more than one batch", async () => {
    await connect();
    rig.send(1, 1);
    rig.send(2, 2);
    await rig.server.received(2);
    rig.server.write({ errorMessage: "one of them failed" });
    await rig.until(() => rig.replies.size === 2);
    const lost = "lost: model m@1: lost replica r: one of them failed";
    expect(rig.events).toEqual(["ready", "waits", "lost: one of them failed", `1 ${lost}`, `2 ${lost}`]);
  });

  test("break the link when there are three in a row, before the third batch is given back", async () => {
    await connect();
    const wrong = async (id: number) => {
      rig.send(id, 1);
      await rig.server.received(id);
      rig.server.answer(id, [1, 1]);
      await rig.until(() => rig.replies.has(id));
    };
    await wrong(1);
    await wrong(2);
    rig.send(3, 1);
    await rig.server.received(3);
    rig.server.answer(3, [1]);
    await rig.happened("3 rows: 1 rows");
    for (const id of [4, 5, 6]) await wrong(id);
    const why = 'output "y": expected 1 rows, got 2';
    expect(rig.events.slice(-4)).toEqual([
      `5 failed: model m@1: ${why}`,
      "waits",
      `lost: 3 replies in a row could not be used, the last one: ${why}`,
      `6 failed: model m@1: ${why}`,
    ]);
  });
});
