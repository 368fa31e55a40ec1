import { expect, test } from "@jest/globals";
import type { LossSpec, PolicySpec } from "../../src/domain/policySpec.js";
import { fromPolicySpec, toLossSpec, toPolicySpec } from "../../src/graphql/policyConverters.js";
import type { LossInput, PolicyInput } from "../../src/graphql/policyInputs.js";
import { AverageEnum } from "../../src/graphql/policyKinds.js";

test.each<[PolicyInput, PolicySpec]>([
  [{ static: {} }, { kind: "static" }],
  [{ majority: {} }, { kind: "majority" }],
  [{ exp3: { eta: null } }, { kind: "exp3" }],
  [{ exp3Ix: { eta: 0.5 } }, { kind: "exp3-ix", eta: 0.5 }],
  [{ exp4: {} }, { kind: "exp4" }],
  [{ ensemble: { share: 0, adaptive: false } }, { kind: "ensemble", share: 0, adaptive: false }],
  [{ ensemble: { average: AverageEnum.MEDIAN } }, { kind: "ensemble", average: "MEDIAN" }],
  [{ epsilonGreedy: { epsilon: 0 } }, { kind: "epsilon-greedy", epsilon: 0 }],
  [{ ucb1: {} }, { kind: "ucb1" }],
  [{ thompson: { epsilon: 0.1, strength: 9 } }, { kind: "thompson", epsilon: 0.1, strength: 9 }],
  [{ squarecb: { context: { tensor: "x" }, gammaScale: 3 } }, { kind: "squarecb", contextTensor: "x", gammaScale: 3 }],
  [{ linucb: { context: { featureModel: "f" }, alpha: 2 } }, { kind: "linucb", featureModel: "f", alpha: 2 }],
  [{ linear: {} }, { kind: "linear" }],
  [
    { linear: { featureModel: "f", prior: { ridge: 0.5 }, forgetting: 1 } },
    { kind: "linear", featureModel: "f", ridge: 0.5, forgetting: 1 },
  ],
  [{ linear: { prior: { strength: 4 } } }, { kind: "linear", strength: 4 }],
])("the policy %j is taken as it was stated", (given, spec) => {
  expect(toPolicySpec(given)).toStrictEqual(spec);
});

test("a policy is shown as it is stored", () => {
  expect(fromPolicySpec({ kind: "exp3-ix", eta: 0.5 })).toEqual({ kind: "EXP3_IX", eta: 0.5 });
  expect(fromPolicySpec({ kind: "epsilon-greedy" })).toEqual({ kind: "EPSILON_GREEDY" });
});

test.each<[LossInput, LossSpec]>([
  [{ zeroOne: {} }, { kind: "ZERO_ONE" }],
  [{ log: {} }, { kind: "LOG" }],
  [{ squared: { range: 2 } }, { kind: "SQUARED", range: 2 }],
  [{ absolute: { range: 2 } }, { kind: "ABSOLUTE", range: 2 }],
  [{ reward: { min: -1, max: 0 } }, { kind: "REWARD", min: -1, max: 0 }],
])("the loss %j is taken as it was stated", (given, spec) => {
  expect(toLossSpec(given)).toStrictEqual(spec);
});
