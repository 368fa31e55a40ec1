import { expect, test } from "@jest/globals";
import { LINEAR_STRENGTH } from "../../src/domain/policySpec.js";
import { toPolicySpec } from "../../src/graphql/policyConverters.js";
import { PolicyKindEnum } from "../../src/graphql/policyTypes.js";

const LINEAR = { kind: PolicyKindEnum.LINEAR };

test("LINEAR is stored with the strength that it has by default, so that its log is folded alike for ever", () => {
  expect(toPolicySpec(LINEAR)).toEqual({ kind: "linear", strength: LINEAR_STRENGTH });
  expect(toPolicySpec({ ...LINEAR, strength: 7 })).toEqual({ kind: "linear", strength: 7 });
  expect(toPolicySpec({ ...LINEAR, ridge: 1 })).toEqual({ kind: "linear", ridge: 1 });
});

test("ridge and strength together are refused by name", () => {
  expect(toPolicySpec({ ...LINEAR, ridge: 1, strength: 2 })).toMatchObject({
    code: "BAD_INPUT",
    path: ["policy", "strength"],
  });
});
