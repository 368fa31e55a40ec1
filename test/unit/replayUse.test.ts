import { expect, test } from "@jest/globals";
import type { PolicySpec } from "../../src/domain/policySpec.js";
import { replayUse } from "../../src/serving/replayUse.js";
import { application } from "../support/fakeServing.js";

const RANGE = { afterSeq: 0, untilSeq: 9 };

test("a replay takes contexts of the same version of the same feature model alone", () => {
  const specs: readonly PolicySpec[] = [
    { kind: "linear", featureModel: "f", featureVersion: 1 },
    { kind: "squarecb", featureModel: "f", featureVersion: 2 },
    { kind: "linear", featureModel: "g", featureVersion: 2 },
    { kind: "linear", featureModel: "f" },
    { kind: "linucb", contextTensor: "f" },
    { kind: "ensemble" },
    { kind: "linucb", featureModel: "f", featureVersion: 2 },
  ];
  const common = { application: "insects", loss: { kind: "ZERO_ONE" }, frozen: false } as const;
  const versions = specs.map((policy, i) => ({ ...common, version: i + 1, policy }));
  const contexts = (policy: PolicySpec, version = Infinity) => [
    ...replayUse(application(), { policy, version }, versions, RANGE).contextVersions,
  ];
  expect(contexts({ kind: "linear", featureModel: "f", featureVersion: 2 })).toEqual([2, 7]);
  expect(contexts({ kind: "linear", featureModel: "f", featureVersion: 2 }, 7)).toEqual([2]);
  expect(contexts({ kind: "linear", featureModel: "f", featureVersion: 3 })).toEqual([]);
  expect(contexts({ kind: "squarecb", contextTensor: "f" })).toEqual([5]);
  expect(contexts({ kind: "ensemble" })).toEqual([]);
});
