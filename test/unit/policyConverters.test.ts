import { expect, test } from "@jest/globals";
import { fromPolicySpec, toPolicySpec } from "../../src/graphql/policyConverters.js";
import { PolicyKindEnum } from "../../src/graphql/policyTypes.js";

test("a policy is taken as it was stated, and shown as it is stored", () => {
  expect(toPolicySpec({ kind: PolicyKindEnum.LINEAR })).toEqual({ kind: "linear" });
  expect(toPolicySpec({ kind: PolicyKindEnum.EXP3_IX, eta: 0.5 })).toEqual({ kind: "exp3-ix", eta: 0.5 });
  expect(fromPolicySpec({ kind: "exp3-ix", eta: 0.5 })).toEqual({ kind: "EXP3_IX", eta: 0.5 });
});

test("a parameter of another policy is refused by name", () => {
  expect(toPolicySpec({ kind: PolicyKindEnum.LINEAR, eta: 0.5 })).toMatchObject({
    code: "BAD_INPUT",
    path: ["policy", "eta"],
  });
});
