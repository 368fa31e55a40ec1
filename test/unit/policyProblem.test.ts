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
      "policy.kind: expected a policy that learns from loss.kind REWARD: exp3, ",
    ],
    [{ kind: "static" }, REWARD, NUMBER_OUTPUT, "got static"],
    [{ kind: "majority" }, REWARD, LABEL_OUTPUT, "got majority"],
    [
      { kind: "linear", ridge: 1, strength: 2 },
      SQUARED,
      NUMBER_OUTPUT,
      "policy.strength: expected none beside policy.ridge, which says how far the prior is believed, got 2",
    ],
    [{ kind: "linear" }, REWARD, LABEL_OUTPUT, "got linear"],
    [{ kind: "majority" }, undefined, NUMBER_OUTPUT, "policy.kind: expected a policy for a number: static, ensemble"],
    [{ kind: "exp4" }, SQUARED, NUMBER_OUTPUT, "policy.kind"],
    [{ kind: "exp4" }, { kind: "LOG" }, LABEL_OUTPUT, "got exp4"],
    [{ kind: "ensemble" }, undefined, NUMBER_OUTPUT, "loss: policy ensemble learns from losses; declare SQUARED"],
    [
      { kind: "ensemble" },
      SQUARED,
      LABEL_OUTPUT,
      "loss.kind: expected one of ZERO_ONE, LOG, REWARD, for a label, got SQUARED",
    ],
    [{ kind: "ensemble" }, { kind: "ABSOLUTE", range: 0 }, NUMBER_OUTPUT, "loss.range: expected"],
    [
      { kind: "exp3" },
      { kind: "REWARD", min: 1, max: 1 },
      LABEL_OUTPUT,
      "loss.max: expected finite and above loss.min (1), got 1",
    ],
    [{ kind: "ensemble", eta: 0 }, undefined, LABEL_OUTPUT, "policy.eta: expected above 0, at most 10, got 0"],
    [{ kind: "ensemble", eta: NaN }, undefined, LABEL_OUTPUT, "policy.eta: expected above 0, at most 10, got NaN"],
    [{ kind: "ensemble", share: 0.6 }, undefined, LABEL_OUTPUT, "policy.share: expected 0 to 0.5, got 0.6"],
    [
      { kind: "ensemble", adaptive: true, share: 0.1 },
      undefined,
      LABEL_OUTPUT,
      "policy.share: expected none beside policy.adaptive",
    ],
    [{ kind: "ensemble", average: "MEDIAN" }, undefined, LABEL_OUTPUT, "policy.average: expected none for labels"],
    [
      { kind: "ensemble", epsilon: 0.1 },
      undefined,
      LABEL_OUTPUT,
      "policy.epsilon: expected a parameter of ensemble: eta, share",
    ],
    [{ kind: "ucb1", toString: 1 }, undefined, LABEL_OUTPUT, "policy.toString: expected a parameter of ucb1: none"],
    [{ kind: "thompson", epsilon: 1.1 }, undefined, LABEL_OUTPUT, "policy.epsilon: expected 0 to 1, got 1.1"],
    [{ kind: "hedge" }, undefined, LABEL_OUTPUT, "policy.kind: expected one of static, majority, ensemble"],
    [{ kind: "exp3" }, { kind: "HINGE" } as unknown as LossSpec, LABEL_OUTPUT, "loss.kind: expected one of ZERO_ONE"],
    [{ kind: "squarecb" }, REWARD, LABEL_OUTPUT, "policy.featureModel: expected either it or policy.contextTensor"],
    [{ kind: "linucb", featureModel: "f", contextTensor: "x" }, REWARD, LABEL_OUTPUT, "got both"],
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
      "policy.featureModel: expected a linked model (a, b)",
    );
    expect(messageOf(policy, undefined, LABEL_OUTPUT, ["a", "f"])).toBeUndefined();
    const many = Array.from({ length: 65 }, (_, i) => `m${i}`);
    expect(messageOf({ kind: "ensemble" }, undefined, LABEL_OUTPUT, many)).toContain("models: expected at most 64");
  });
});
