import { expect, test } from "@jest/globals";
import { fromPolicySpec, toLossSpec, toPolicySpec } from "../../src/graphql/policyConverters.js";
import { LossKindEnum, PolicyKindEnum } from "../../src/graphql/policyTypes.js";

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

test("what a loss lacks is named, as what it is for", () => {
  const { REWARD, SQUARED } = LossKindEnum;
  expect(toLossSpec({ kind: REWARD })).toMatchObject({ path: ["loss", "min"], got: "none" });
  expect(toLossSpec({ kind: REWARD, min: 0 })).toMatchObject({ path: ["loss", "max"], got: "none" });
  expect(toLossSpec({ kind: REWARD, min: 1, max: 0 })).toMatchObject({ path: ["loss", "max"], got: "0" });
  expect(toLossSpec({ kind: SQUARED })).toMatchObject({ path: ["loss", "range"], got: "none" });
  expect(toLossSpec({ kind: REWARD, min: -1, max: 0 })).toEqual({ kind: "REWARD", min: -1, max: 0 });
});
