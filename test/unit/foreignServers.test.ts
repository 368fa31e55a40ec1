import { afterEach, describe, expect, test } from "@jest/globals";
import { status } from "@grpc/grpc-js";
import { LinkRig } from "../support/linkRig.js";
import type { ModelInferRequest } from "../../src/protocol/generated/inference.js";

let rig: LinkRig;
afterEach(() => rig.stop());

const y = (...bytes: number[]) => ({
  outputs: [{ name: "y", datatype: "UINT8", shape: [bytes.length] }],
  rawOutputContents: [Buffer.from(bytes)],
});

async function connectUnary(prepare: (made: LinkRig) => void = () => undefined): Promise<void> {
  rig = new LinkRig({ withStream: false });
  rig.server.onCall = (request, answer) => answer(null, { id: request.id, ...y(...inputsOf(request)) });
  prepare(rig);
  await rig.start();
}

function inputsOf({ rawInputContents }: ModelInferRequest): readonly number[] {
  return [...(rawInputContents[0] ?? [])];
}

describe("a server without the stream", () => {
  test("is given each batch as a call of its own, asked for the outputs of the signature", async () => {
    await connectUnary();
    rig.send(1, 7, 8);
    await rig.happened("1 rows: 2 rows");
    expect(rig.server.requests).toMatchObject([
      { modelName: "m", modelVersion: "1", id: "1", outputs: [{ name: "y" }], parameters: {} },
    ]);
    expect(rig.replies.get(1)).toMatchObject({ rows: [{ output: [Buffer.of(7)] }, { output: [Buffer.of(8)] }] });
  });

  test("may leave the id out, but not answer with another's", async () => {
    await connectUnary();
    rig.server.onCall = (_, answer) => answer(null, y(3));
    rig.send(1, 1);
    await rig.happened("1 rows: 1 rows");
    rig.server.onCall = (_, answer) => answer(null, { id: "9", ...y(3) });
    rig.send(2, 1);
    await rig.happened('2 failed: model m@1: the reply has the id "9" of another');
  });

  test("is refused an answer of another length, of another version, or that is no message", async () => {
    await connectUnary();
    rig.server.onCall = (_, answer) => answer(null, y(1, 2, 3));
    rig.send(1, 1, 2);
    await rig.happened('1 failed: model m@1: output "y": expected 2 rows, got 3');
    rig.server.onCall = (_, answer) => answer(null, { modelVersion: "2", ...y(1) });
    rig.send(2, 1);
    await rig.happened(
      '2 failed: model m@1: answered by the server\'s version "2": register that one, or serve this one there',
    );
    rig.server.onCall = (_, answer) => answer(null, Buffer.from([0xff, 0xff]));
    rig.send(3, 1);
    await rig.until(() => rig.replies.has(3));
    expect(rig.replies.get(3)).toMatchObject({ kind: "failed", code: "MODEL_BAD_OUTPUT" });
    // Three in a row, as on a stream.
    await rig.happened("waits");
  });

  test("fails a batch with its error, and goes on", async () => {
    await connectUnary();
    rig.server.onCall = (_, answer) => answer({ code: status.INVALID_ARGUMENT, details: "no such column" });
    rig.send(1, 1);
    await rig.happened("1 failed: model m@1: INVALID_ARGUMENT: no such column");
    rig.server.onCall = (_, answer) => answer(null, y(4));
    rig.send(2, 1);
    await rig.happened("2 rows: 1 rows");
    expect(rig.events).not.toContain("waits");
  });

  test("is lost with the batches in flight when the connection goes", async () => {
    await connectUnary((made) => (made.server.onCall = () => undefined));
    rig.send(1, 1);
    rig.send(2, 2);
    await rig.server.received(2);
    rig.server.stop();
    await rig.until(() => rig.replies.size === 2);
    expect(rig.events.slice(0, 2)).toEqual(["ready", "waits"]);
    // It may have been the batch that ended the server.
    for (const reply of rig.replies.values()) expect(reply).not.toHaveProperty("refused");
    expect([...rig.replies.values()].map(({ kind }) => kind)).toEqual(["lost", "lost"]);
  });

  test("that says it is unavailable gives its batch back, to be tried elsewhere", async () => {
    await connectUnary();
    rig.server.onCall = (_, answer) => answer({ code: status.UNAVAILABLE, details: "it shuts down" });
    rig.send(1, 1);
    await rig.happened("1 lost: model m@1: lost replica r: it shuts down");
    expect(rig.events).toContain("lost: it shuts down");
  });

  test("says that a reply was too long for a message, so that fewer rows are tried", async () => {
    rig = new LinkRig({ withStream: false }, { maxMessageBytes: 100_000 });
    rig.server.onCall = (_, answer) => answer(null, { rawOutputContents: [Buffer.alloc(200_000)] });
    await rig.start();
    rig.send(1, 1);
    await rig.until(() => rig.replies.size === 1);
    expect(rig.replies.get(1)).toMatchObject({ kind: "failed", code: "MODEL_BAD_OUTPUT", tooLong: true });
    expect(rig.events).not.toContain("waits");
  });
});

describe("a server with another stream", () => {
  test("that answers bare replies is called instead", async () => {
    rig = new LinkRig();
    rig.server.bareReplies = true;
    rig.server.onCall = (_, answer) => answer(null, y(5));
    await rig.start();
    rig.send(1, 1);
    await rig.happened("1 rows: 1 rows");
    expect(rig.server.streams).toBe(0);
  });

  test("that answers as Triton's does is used", async () => {
    rig = new LinkRig();
    await rig.start();
    rig.send(1, 1);
    await rig.server.received(1);
    expect(rig.server.requests).toMatchObject([{ id: "1", outputs: [{ name: "y" }] }]);
    rig.server.answer(1, [1]);
    await rig.happened("1 rows: 1 rows");
    expect(rig.server.streams).toBe(1);
  });
});

describe("a server that knows no versions", () => {
  test("is asked without one, and must not answer with one", async () => {
    await connectUnary((made) => (made.server.versions = [""]));
    rig.send(1, 1);
    await rig.happened("1 rows: 1 rows");
    expect(rig.server.requests).toMatchObject([{ modelVersion: "" }]);
    rig.server.onCall = (_, answer) => answer(null, { modelVersion: "2", ...y(1) });
    rig.send(2, 1);
    await rig.happened(
      '2 failed: model m@1: answered by the server\'s version "2": register that one, or serve this one there',
    );
  });

  test("is not what a server is that has another version", async () => {
    await connectUnary((made) => (made.server.versions = ["", "2"]));
    expect(rig.link.problem).toBe("no version 1");
  });
});

test("a server that states no signature is taken at the registered one's word", async () => {
  await connectUnary((made) => {
    const { signature } = made.server;
    made.registered = signature;
    made.server.signature = { inputs: [], outputs: [] };
  });
  rig.send(1, 1);
  await rig.happened("1 rows: 1 rows");
});

describe("an idle server without the extension", () => {
  test.each([
    ["is given up when it does not answer whether it is live", undefined, /^lost: ServerLive: Deadline exceeded/],
    ["is given up when it says that it is not live", false, /^lost: the server says that it is not live$/],
  ])("%s", async (_, live, lost) => {
    await connectUnary();
    rig.server.live = live;
    rig.clock.askLiveness();
    await rig.until(() => rig.events.some((event) => lost.test(event)));
  });

  test("is given up when its connection goes", async () => {
    await connectUnary();
    rig.server.stop();
    await rig.happened("lost: the connection was closed");
  });
});
