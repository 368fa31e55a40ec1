import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { BatchReply } from "../../src/domain/ports.js";
import type { Signature, TensorSpec } from "../../src/domain/tensor.js";
import { InferTensorContents, ModelInferResponse } from "../../src/protocol/generated/inference.js";
import { fromInferResponse, toInferRequest } from "../../src/replicas/batchMessage.js";

const SCORES: TensorSpec = { name: "scores", datatype: "FP32", shape: [2] };
const NAMES: TensorSpec = { name: "names", datatype: "BYTES", shape: [2] };
const COUNT: TensorSpec = { name: "count", datatype: "INT64", shape: [] };
const ROWS = 3;

const signature = (...outputs: TensorSpec[]): Signature => ({ inputs: [], outputs });
const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
const text = (value: string) => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
};

type Part = readonly [TensorSpec, Buffer, Partial<TensorSpec>?];

function response(...parts: Part[]): ModelInferResponse {
  return ModelInferResponse.fromPartial({
    id: "1",
    outputs: parts.map(([spec, , changes]) => {
      const shape = [...(changes?.shape ?? [ROWS, ...spec.shape])];
      return { name: spec.name, datatype: changes?.datatype ?? spec.datatype, shape };
    }),
    rawOutputContents: parts.map(([, raw]) => raw),
  });
}

/** The rows as numbers and texts, or why there are none. */
function read(reply: BatchReply): unknown {
  if (reply.kind !== "rows") return reply;
  return reply.rows.map((row) =>
    row.kind === "output" ? row.output.map((part) => Buffer.from(part).toString("hex")) : row,
  );
}
const hex = (...parts: Buffer[]) => parts.map((part) => part.toString("hex"));

const GOOD = floats(1, 2, 3, 4, 5, 6);
const GOOD_ROWS = [hex(floats(1, 2)), hex(floats(3, 4)), hex(floats(5, 6))];

describe("reply to a batch", () => {
  test("is handed out row by row", () => {
    expect(read(fromInferResponse(signature(SCORES), ROWS, response([SCORES, GOOD])))).toEqual(GOOD_ROWS);
  });

  test("is read by the names of its outputs, whatever their order, and extra ones are left aside", () => {
    const names = Buffer.concat(["a", "", "béé", "c", "d", "e"].map(text));
    const counts = Buffer.alloc(24, 7);
    const extra: Part = [{ name: "extra", datatype: "INT8", shape: [9] }, Buffer.alloc(1)];
    const given = response(extra, [COUNT, counts], [NAMES, names], [SCORES, GOOD]);
    expect(read(fromInferResponse(signature(SCORES, NAMES, COUNT), ROWS, given))).toEqual([
      hex(floats(1, 2), Buffer.concat([text("a"), text("")]), Buffer.alloc(8, 7)),
      hex(floats(3, 4), Buffer.concat([text("béé"), text("c")]), Buffer.alloc(8, 7)),
      hex(floats(5, 6), Buffer.concat([text("d"), text("e")]), Buffer.alloc(8, 7)),
    ]);
  });

  test.each<[string, Part, string]>([
    ["too few rows", [SCORES, floats(1, 2, 3, 4), { shape: [2, 2] }], "expected 3 rows, got 2"],
    ["too many rows", [SCORES, floats(1, 2, 3, 4, 5, 6, 7, 8), { shape: [4, 2] }], "expected 3 rows, got 4"],
    ["no rows", [SCORES, Buffer.alloc(0), { shape: [0, 2] }], "expected 3 rows, got 0"],
    ["no shape", [SCORES, GOOD, { shape: [] }], "expected 3 rows, got 0"],
    ["another row shape", [SCORES, GOOD, { shape: [3, 1, 2] }], "expected row shape [2], got [1,2]"],
    ["another datatype", [SCORES, GOOD, { datatype: "INT32" }], "expected datatype FP32, got INT32"],
    ["fewer bytes than it says", [SCORES, GOOD.subarray(1)], "expected 24 bytes for 3 rows, got 23"],
    ["more bytes than it says", [SCORES, Buffer.concat([GOOD, GOOD])], "expected 24 bytes for 3 rows, got 48"],
    ["no bytes", [SCORES, Buffer.alloc(0)], "expected 24 bytes for 3 rows, got 0"],
  ])("with %s is refused whole", (_, part, why) => {
    expect(fromInferResponse(signature(SCORES), ROWS, response(part))).toEqual({
      kind: "failed",
      code: "MODEL_BAD_OUTPUT",
      message: `output "scores": ${why}`,
    });
  });

  test.each<[string, Buffer, string]>([
    ["too few strings", Buffer.concat(["a", "b", "c", "d", "e"].map(text)), "the strings end in row 2 of 3"],
    ["too many strings", Buffer.concat(["a", "b", "c", "d", "e", "f", "g"].map(text)), "5 bytes are left after 3 rows"],
    ["half a length", Buffer.concat([text("a"), Buffer.alloc(3)]), "the strings end in row 0 of 3"],
    [
      "a length beyond its end",
      Buffer.concat([text("a"), Buffer.alloc(4, 255), text("b")]),
      "a string of row 0 is longer than the message",
    ],
  ])("with %s is refused whole", (_, raw, why) => {
    const given = response([NAMES, raw]);
    expect(fromInferResponse(signature(NAMES), ROWS, given)).toMatchObject({
      code: "MODEL_BAD_OUTPUT",
      message: `output "names": ${why}`,
    });
  });

  test("is read for the outputs asked for: others are empty, whatever is in their place", () => {
    const places = new Set([1]);
    const counts = Buffer.alloc(24, 7);
    const rows = Array.from({ length: ROWS }, () => hex(Buffer.of(), Buffer.alloc(8, 7)));
    for (const given of [response([COUNT, counts]), response([SCORES, floats(NaN)], [COUNT, counts])]) {
      expect(read(fromInferResponse(signature(SCORES, COUNT), ROWS, given, { places }))).toEqual(rows);
    }
    const without = fromInferResponse(signature(SCORES, COUNT), ROWS, response([SCORES, GOOD]), { places });
    expect(without).toMatchObject({ kind: "failed", message: 'the reply has no output "count"' });
  });

  test("has no answer for rows of which the wrapper says so, whatever it sent in their place", () => {
    const errors = new Map([[1, "model m@1: INTERNAL: it cannot"]]);
    const given = response([SCORES, floats(1, 2, NaN, 4, 5, Infinity)]);
    expect(read(fromInferResponse(signature(SCORES), ROWS, given, { rowErrors: errors }))).toEqual([
      hex(floats(1, 2)),
      { kind: "failed", code: "MODEL_ERROR", message: "model m@1: INTERNAL: it cannot" },
      { kind: "failed", code: "MODEL_BAD_OUTPUT", message: 'output "scores" has NaN or infinity' },
    ]);
  });

  test("without an output of the signature, or without its contents, is refused whole", () => {
    const missing = { kind: "failed", code: "MODEL_BAD_OUTPUT", message: 'the reply has no output "scores"' };
    expect(fromInferResponse(signature(SCORES), ROWS, response())).toEqual(missing);
    expect(fromInferResponse(signature(SCORES), ROWS, response([COUNT, Buffer.alloc(24)]))).toEqual(missing);
    const empty = { ...response([SCORES, GOOD]), rawOutputContents: [] };
    const message = 'output "scores": the reply has no contents';
    expect(fromInferResponse(signature(SCORES), ROWS, empty)).toEqual({ ...missing, message });
  });

  test("with typed contents, as some servers answer, is read as one with raw ones", () => {
    const given = response([SCORES, GOOD]);
    const values = new Float32Array(Uint8Array.from(GOOD).buffer);
    const typed = given.outputs.map((output) => {
      return { ...output, contents: InferTensorContents.fromPartial({ fp32Contents: [...values] }) };
    });
    const reply = fromInferResponse(signature(SCORES), ROWS, { ...given, outputs: typed, rawOutputContents: [] });
    expect(read(reply)).toEqual(GOOD_ROWS);
    const few = typed.map((output) => {
      return { ...output, contents: InferTensorContents.fromPartial({ fp32Contents: [1, 2, 3] }) };
    });
    const short = fromInferResponse(signature(SCORES), ROWS, { ...given, outputs: few, rawOutputContents: [] });
    expect(short).toMatchObject({ code: "MODEL_BAD_OUTPUT", message: expect.stringContaining("bytes for 3 rows") });
  });

  test.each([NaN, Infinity, -Infinity])("fails the row that has %d, and only that one", (bad) => {
    const reply = fromInferResponse(signature(SCORES), ROWS, response([SCORES, floats(1, 2, 3, bad, 5, 6)]));
    const failed = { kind: "failed", code: "MODEL_BAD_OUTPUT", message: 'output "scores" has NaN or infinity' };
    expect(read(reply)).toEqual([GOOD_ROWS[0], failed, GOOD_ROWS[2]]);
  });

  test.each<[TensorSpec["datatype"], Buffer]>([
    ["FP16", Buffer.of(0, 0x3c, 1, 0x7c, 0xff, 0x7b)],
    ["FP64", Buffer.from(Float64Array.of(1, NaN, Number.MAX_VALUE).buffer)],
  ])("finds a row that is not finite in %s", (datatype, raw) => {
    const spec: TensorSpec = { name: "y", datatype, shape: [] };
    const reply = fromInferResponse(signature(spec), ROWS, response([spec, raw]));
    expect(reply.kind === "rows" && reply.rows.map(({ kind }) => kind)).toEqual(["output", "failed", "output"]);
  });

  test("never throws, and never gives a row another's bytes, after 10,000 mutations of the message", () => {
    const names = Buffer.concat(["a", "bb", "", "cc", "ddd", "e"].map(text));
    const outputs = signature(SCORES, NAMES, COUNT);
    const message = Buffer.from(
      ModelInferResponse.encode(response([SCORES, GOOD], [NAMES, names], [COUNT, Buffer.alloc(24, 1)])).finish(),
    );
    const edit = fc.record({
      at: fc.nat(message.length - 1),
      byte: fc.nat(255),
      kind: fc.constantFrom("set", "cut", "insert", "repeat"),
    });
    let decoded = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let mutated = message;
        for (const { at, byte, kind } of edits) {
          const [head, tail] = [mutated.subarray(0, at), mutated.subarray(at)];
          if (kind === "set") mutated = Buffer.concat([head, Buffer.of(byte), tail.subarray(1)]);
          else if (kind === "cut") mutated = Buffer.concat([head, tail.subarray(1 + (byte % 16))]);
          else if (kind === "insert") mutated = Buffer.concat([head, Buffer.of(byte), tail]);
          else mutated = Buffer.concat([head, tail.subarray(0, byte % 32), tail]);
        }
        const given = decode(mutated);
        if (given === undefined) return;
        decoded += 1;
        const reply = fromInferResponse(outputs, ROWS, given);
        if (reply.kind !== "rows") {
          refused += 1;
          return;
        }
        // What was handed out is the whole of what came, in rows of the signature's sizes.
        if (reply.rows.length !== ROWS) throw new Error(`${reply.rows.length} rows`);
        outputs.outputs.forEach((spec, tensor) => {
          const at = given.outputs.findIndex(({ name }) => name === spec.name);
          const raw = given.rawOutputContents[at] as Buffer;
          const parts = reply.rows.map((row) =>
            row.kind === "output" ? (row.output[tensor] as Uint8Array) : undefined,
          );
          if (parts.includes(undefined)) return;
          if (!Buffer.concat(parts as Uint8Array[]).equals(raw)) throw new Error("bytes were lost");
          const width = { FP32: 8, INT64: 8, BYTES: undefined }[spec.datatype as "FP32"] as number | undefined;
          if (width !== undefined && parts.some((part) => part?.length !== width))
            throw new Error("a row of another size");
        });
      }),
      { numRuns: 10_000 },
    );
    expect(decoded).toBeGreaterThan(1000);
    expect(refused).toBeGreaterThan(500);
  });
});

/** What arrives decoded: gRPC refuses the rest. */
function decode(bytes: Buffer): ModelInferResponse | undefined {
  try {
    return ModelInferResponse.decode(bytes);
  } catch {
    return undefined;
  }
}

describe("request of a batch", () => {
  test("has each input's rows one after another, with the number of rows before their shape", () => {
    const inputs: TensorSpec[] = [SCORES, COUNT];
    const rows = [1, 2, 3].map((n) => [floats(n, n + 0.5), Buffer.alloc(8, n)]);
    const request = toInferRequest(
      { model: "m", servedVersion: "4", signature: { inputs, outputs: [] }, extended: true },
      { id: 17, rows, rowIds: [5, 6, 7], deadlineMs: 9 },
    );
    expect(request).toMatchObject({
      modelName: "m",
      modelVersion: "4",
      id: "17",
      inputs: [
        { name: "scores", datatype: "FP32", shape: [3, 2] },
        { name: "count", datatype: "INT64", shape: [3] },
      ],
    });
    expect(request.rawInputContents).toEqual([
      floats(1, 1.5, 2, 2.5, 3, 3.5),
      Buffer.concat([1, 2, 3].map((n) => Buffer.alloc(8, n))),
    ]);
  });

  test.each([
    [true, undefined, []],
    [true, [0, 1], []],
    [true, [1], ["count"]],
    [false, undefined, ["scores", "count"]],
    [false, [0], ["scores"]],
  ])(
    "names the outputs asked for; all of them go unsaid to a wrapper with the extension (%j): %j",
    (extended, asked, names) => {
      const request = toInferRequest(
        { model: "m", servedVersion: "1", signature: signature(SCORES, COUNT), extended },
        { id: 1, rows: [[]], rowIds: [1], deadlineMs: 9 },
        asked && new Set(asked),
      );
      expect(request.outputs.map(({ name }) => name)).toEqual(names);
    },
  );

  test("of one row has just that row's bytes, wherever they lie in their buffer", () => {
    const row = [Uint8Array.from([9, 9, 1, 2, 9]).subarray(2, 4)];
    const spec: TensorSpec = { name: "x", datatype: "UINT8", shape: [2] };
    const request = toInferRequest(
      { model: "m", servedVersion: "1", signature: { inputs: [spec], outputs: [] }, extended: true },
      { id: 1, rows: [row], rowIds: [1], deadlineMs: 9 },
    );
    expect(request.rawInputContents).toEqual([Buffer.of(1, 2)]);
  });
});
