import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { nodeId, parseNodeId } from "../../src/graphql/nodeIds.js";
import type { NodeName } from "../../src/graphql/nodeIds.js";

const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text.isWellFormed());
const version = fc.integer({ min: 1, max: 999_999_999 });
const named: fc.Arbitrary<NodeName> = fc.oneof(
  fc.record({ type: fc.constantFrom("Application" as const, "Model" as const), name }),
  fc.record({ type: fc.constantFrom("ModelVersion" as const, "PolicyVersion" as const), name, version }),
  fc.record({ type: fc.constant("Deployment" as const), seq: fc.integer({ min: 1, max: 1e14 }) }),
);

describe("an id", () => {
  test("names one object, whatever that is called", () => {
    fc.assert(fc.property(named, (each) => expect(parseNodeId(nodeId(each))).toEqual(each)));
    fc.assert(
      fc.property(named, named, (a, b) => {
        if (JSON.stringify(a) !== JSON.stringify(b)) expect(nodeId(a)).not.toBe(nodeId(b));
      }),
    );
  });

  test.each([
    ["nothing", ""],
    ["no id at all", "digits"],
    ["no type of ours", Buffer.from("Replica:1").toString("base64url")],
    ["no name", Buffer.from("Model:").toString("base64url")],
    ["no version", Buffer.from("ModelVersion:m").toString("base64url")],
    ["version 0", Buffer.from("ModelVersion:m:0").toString("base64url")],
    ["the same bytes in another text", `${Buffer.from("Model:m").toString("base64url")}=`],
    ["no deployment's number", "007"],
  ])("that is made of %s names none", (_what, id) => {
    expect(parseNodeId(id)).toBeUndefined();
  });
});
