import { describe, expect, test } from "@jest/globals";
import { ModelInferResponse } from "../../src/protocol/generated/inference.js";
import { readReply } from "../../src/replicas/streamReply.js";

const x = { name: "x", datatype: "UINT8", shape: [] } as const;
const expected = {
  model: "model m@1",
  replica: "m@1#0",
  signature: { inputs: [x], outputs: [x] },
  servedVersion: "1",
  rows: 2,
  places: undefined,
  asked: { rowIds: "7,8", checksummed: false },
};

/** A right reply but for its parameter row_errors. */
const read = (rowErrors: string) =>
  readReply(expected, {
    errorMessage: "",
    inferResponse: ModelInferResponse.fromPartial({
      id: "1",
      parameters: { row_ids: { stringParam: "7,8" }, row_errors: { stringParam: rowErrors } },
      outputs: [{ name: "x", datatype: "UINT8", shape: [2] }],
      rawOutputContents: [Buffer.from([1, 2])],
    }),
  });

describe("the parameter row_errors", () => {
  test("fails the rows that it lists, alone", () => {
    const { kind, reply } = read('[{"row":1,"error_code":"INTERNAL","message":"it cannot"}]');
    expect({ kind, reply }).toMatchObject({
      kind: "ANSWERED",
      reply: { rows: [{ kind: "output" }, { kind: "failed", message: "model m@1: INTERNAL: it cannot" }] },
    });
  });

  test.each([
    ["no JSON", "[{", "is no list of {row, error_code, message}"],
    ["no list", '{"row":0}', "is no list of {row, error_code, message}"],
    ["a list of something else", "[0]", "is no list of {row, error_code, message}"],
    ["without a number", '[{"row":"0"}]', 'has row "0" of 2'],
    ["of a row that was not sent", '[{"row":2}]', "has row 2 of 2"],
    ["of a part of a row", '[{"row":0.5}]', "has row 0.5 of 2"],
    ["without a row", "[{}]", "has row undefined of 2"],
  ])("that is %s makes the reply nobody's", (_, text, why) => {
    expect(read(text)).toMatchObject({
      kind: "UNUSABLE",
      reply: { code: "MODEL_BAD_OUTPUT", message: `model m@1: the parameter row_errors ${why}` },
    });
  });
});
