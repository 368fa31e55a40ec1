import { describe, expect, test } from "@jest/globals";
import type { OutputSpec } from "../../src/domain/application.js";
import { FailureError } from "../../src/domain/failure.js";
import type { LossSpec, PolicySpec } from "../../src/domain/policySpec.js";
import { newPolicy } from "../../src/correction/newPolicy.js";
import { policyProblem } from "../../src/correction/policyProblem.js";
import { LABEL_OUTPUT, membersOf, NUMBER_OUTPUT, REWARD } from "../support/policies.js";

const VECTOR_OUTPUT: OutputSpec = { kind: "VECTOR", size: 2 };
const SQUARED: LossSpec = { kind: "SQUARED", range: 1 };
const messageOf = (policy: object, loss?: LossSpec, output: OutputSpec = LABEL_OUTPUT, models?: string[]) =>
  policyProblem(policy as PolicySpec, loss, output, models === undefined ? undefined : membersOf(...models))?.message;

describe("what goes with what", () => {
  const GOOD: readonly (readonly [PolicySpec, LossSpec | undefined, OutputSpec])[] = [
    [{ kind: "static" }, undefined, NUMBER_OUTPUT],
    [{ kind: "majority" }, undefined, LABEL_OUTPUT],
    [{ kind: "ensemble" }, undefined, LABEL_OUTPUT],
    [{ kind: "ensemble", eta: 0.2, share: 0, average: "MEDIAN" }, SQUARED, VECTOR_OUTPUT],
    [{ kind: "ensemble", adaptive: true }, { kind: "LOG" }, LABEL_OUTPUT],
    [{ kind: "exp3" }, REWARD, VECTOR_OUTPUT],
    [{ kind: "exp3-ix", eta: 1 }, undefined, LABEL_OUTPUT],
    [{ kind: "exp4" }, REWARD, LABEL_OUTPUT],
    [{ kind: "thompson", epsilon: 0, strength: 50 }, SQUARED, NUMBER_OUTPUT],
    [{ kind: "ucb1" }, REWARD, LABEL_OUTPUT],
    [{ kind: "squarecb", featureModel: "f" }, REWARD, LABEL_OUTPUT],
    [{ kind: "linear" }, SQUARED, NUMBER_OUTPUT],
  ];

  test.each(GOOD)("%j with loss %j and output %j", (policy, loss, output) => {
    expect(policyProblem(policy, loss, output, undefined)).toBeUndefined();
  });

  const BAD: readonly (readonly [object, LossSpec | undefined, OutputSpec, string])[] = [
    [
      { kind: "ensemble" },
      REWARD,
      LABEL_OUTPUT,
      "policy: expected one that learns from the loss reward: exp3, exp3Ix, ",
    ],
    [{ kind: "static" }, REWARD, NUMBER_OUTPUT, "got static"],
    [{ kind: "majority" }, REWARD, LABEL_OUTPUT, "got majority"],
    [{ kind: "linear", ridge: 0 }, SQUARED, NUMBER_OUTPUT, "policy.linear.prior.ridge: expected 1e-6 to 1e6, got 0"],
    [
      { kind: "linear", forgetting: 0 },
      SQUARED,
      NUMBER_OUTPUT,
      "policy.linear.forgetting: expected above 0, at most 1",
    ],
    [{ kind: "linear" }, REWARD, LABEL_OUTPUT, "got linear"],
    [
      { kind: "majority" },
      undefined,
      NUMBER_OUTPUT,
      "policy: expected one for a number: static, ensemble, exp3, exp3Ix",
    ],
    [{ kind: "exp4" }, SQUARED, NUMBER_OUTPUT, "policy: expected one for a number"],
    [{ kind: "exp4" }, { kind: "LOG" }, LABEL_OUTPUT, "got exp4"],
    [{ kind: "ensemble" }, undefined, NUMBER_OUTPUT, "loss: policy ensemble learns from losses; declare squared"],
    [
      { kind: "ensemble" },
      SQUARED,
      LABEL_OUTPUT,
      "loss: expected one of zeroOne, log, reward, for a label, got squared",
    ],
    [{ kind: "ensemble" }, { kind: "ABSOLUTE", range: 0 }, NUMBER_OUTPUT, "loss.absolute.range: expected"],
    [
      { kind: "exp3" },
      { kind: "REWARD", min: 1, max: 1 },
      LABEL_OUTPUT,
      "loss.reward.max: expected finite and above min (1), got 1",
    ],
    [{ kind: "ensemble", eta: 0 }, undefined, LABEL_OUTPUT, "policy.ensemble.eta: expected above 0, at most 10, got 0"],
    [
      { kind: "ensemble", eta: NaN },
      undefined,
      LABEL_OUTPUT,
      "policy.ensemble.eta: expected above 0, at most 10, got NaN",
    ],
    [{ kind: "ensemble", share: 0.6 }, undefined, LABEL_OUTPUT, "policy.ensemble.share: expected 0 to 0.5, got 0.6"],
    [
      { kind: "ensemble", adaptive: true, share: 0.1 },
      undefined,
      LABEL_OUTPUT,
      "policy.ensemble.share: expected none beside adaptive",
    ],
    [
      { kind: "ensemble", average: "MEDIAN" },
      undefined,
      LABEL_OUTPUT,
      "policy.ensemble.average: expected none for labels",
    ],
    [{ kind: "thompson", epsilon: 1.1 }, undefined, LABEL_OUTPUT, "policy.thompson.epsilon: expected 0 to 1, got 1.1"],
    [{ kind: "epsilon-greedy", epsilon: -1 }, undefined, LABEL_OUTPUT, "policy.epsilonGreedy.epsilon: expected 0 to 1"],
    [
      { kind: "squarecb", featureModel: "" },
      REWARD,
      LABEL_OUTPUT,
      "policy.squarecb.context.featureModel: expected a name",
    ],
    [{ kind: "linucb", contextTensor: "" }, REWARD, LABEL_OUTPUT, "policy.linucb.context.tensor: expected a name"],
  ];

  test.each(BAD)(
    "refuses %j with loss %j and output %j, naming field, value and remedy",
    (policy, loss, output, message) => {
      expect(messageOf(policy, loss, output)).toContain(message);
      expect(() => newPolicy({ policy: policy as PolicySpec, loss, output })).toThrow(FailureError);
    },
  );

  test("a feature model must be linked, and not too many models may be", () => {
    const policy = { kind: "linear", featureModel: "f" };
    expect(messageOf(policy, undefined, LABEL_OUTPUT, ["a", "b"])).toContain(
      "policy.linear.featureModel: expected a linked model (a, b)",
    );
    expect(messageOf(policy, undefined, LABEL_OUTPUT, ["a", "f"])).toBeUndefined();
    const many = Array.from({ length: 65 }, (_, i) => `m${i}`);
    expect(messageOf({ kind: "ensemble" }, undefined, LABEL_OUTPUT, many)).toContain("models: expected at most 64");
  });
});
