import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ReplyBytes } from "../../src/batching/replyBytes.js";
import { AskedOutputs } from "../../src/lib/askedOutputs.js";
import type { RowReply } from "../../src/domain/ports.js";
import type { Signature } from "../../src/domain/tensor.js";
import { fakeBatching } from "../support/fakeBatching.js";
import { FakeReplica } from "../support/fakeReplica.js";

const TEXT: Signature = { inputs: [], outputs: [{ name: "t", datatype: "BYTES", shape: [] }] };
const VECTOR: Signature = { inputs: [], outputs: [{ name: "v", datatype: "FP32", shape: [25] }] };

function replyOf(sizes: readonly number[]): { kind: "rows"; rows: RowReply[] } {
  return { kind: "rows", rows: sizes.map((size) => ({ kind: "output", output: [new Uint8Array(size)] })) };
}

describe("reply bytes", () => {
  test("are known before the first batch where the signature says them", () => {
    const bytes = new ReplyBytes(1000);
    bytes.state(VECTOR);
    expect(bytes.maxRows).toBe(10);
    bytes.answered(replyOf([4]));
    // Then it is not the rows' length that was wrong.
    bytes.tooLong(8);
    expect(bytes.maxRows).toBe(10);
  });

  test("are those of the outputs asked for, whatever the wrapper has besides", () => {
    const asked = new AskedOutputs();
    const bytes = new ReplyBytes(1000, asked);
    bytes.state({ inputs: [], outputs: [...VECTOR.outputs, { name: "n", datatype: "INT32", shape: [] }] });
    expect(bytes.maxRows).toBe(9);
    asked.add(1);
    expect(bytes.maxRows).toBe(250);
    asked.add(0);
    expect(bytes.maxRows).toBe(9);
  });

  test("are learned from replies: batches of rows like those seen fit", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 50 }), (sizes) => {
        const bytes = new ReplyBytes(1000);
        bytes.state(TEXT);
        expect(bytes.maxRows).toBeGreaterThan(1e9);
        for (const size of sizes) bytes.answered(replyOf([size, size]));
        expect(bytes.maxRows).toBeGreaterThanOrEqual(1);
        expect(bytes.maxRows * (sizes.at(-1) as number)).toBeLessThanOrEqual(Math.max(1000, sizes.at(-1) as number));
      }),
    );
  });

  test("halve batches until one fits, from failures alone, and let them grow again when rows have become small", () => {
    const bytes = new ReplyBytes(1000);
    bytes.state(TEXT);
    let rows = 256;
    for (let tries = 0; rows * 30 > 1000; tries++) {
      expect(tries).toBeLessThan(4);
      bytes.tooLong(rows);
      rows = Math.min(rows, bytes.maxRows);
    }
    for (let i = 0; i < 1000; i++) bytes.answered(replyOf(new Array<number>(rows).fill(2)));
    expect(bytes.maxRows).toBeGreaterThan(256);
  });

  test("of a single row that was too long say nothing of others", () => {
    const bytes = new ReplyBytes(1000);
    bytes.state(TEXT);
    bytes.answered(replyOf([10]));
    bytes.tooLong(1);
    expect(bytes.maxRows).toBe(100);
  });

  test("bound the batches that are formed", () => {
    const { batcher, clock, submit, settled, metrics } = fakeBatching({ maxReplyBytes: 12 });
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    for (let number = 0; number < 8; number++) submit(number);
    for (let i = 0; i < 3; i++) {
      clock.endTurn();
      replica.inFlight[0]?.echo();
    }
    // Four bytes a row.
    expect(replica.log).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7],
    ]);
    expect(settled).toHaveLength(8);
    expect(metrics.dispatches).toMatchObject({ BUDGET: 2, TURN_END: 1 });
  });

  test("of a reply that was too long fail its batch only: the next ones have half of its rows", () => {
    const { batcher, clock, submit, settled } = fakeBatching({ maxReplyBytes: 1e6 });
    const replica = new FakeReplica("a", 1, TEXT);
    batcher.addReplica(replica);
    for (let number = 0; number < 8; number++) submit(number);
    clock.endTurn();
    replica.inFlight[0]?.reply({ kind: "failed", code: "MODEL_BAD_OUTPUT", message: "too long", tooLong: true });
    for (let number = 10; number < 18; number++) submit(number);
    for (let i = 0; i < 2; i++) {
      clock.endTurn();
      replica.inFlight[0]?.echo();
    }
    expect(replica.log.slice(1)).toEqual([
      [10, 11, 12, 13],
      [14, 15, 16, 17],
    ]);
    expect(settled.filter(([, how]) => how === "MODEL_BAD_OUTPUT")).toHaveLength(8);
  });
});
