import { describe, expect, test } from "@jest/globals";
import type { Application, PolicyVersion } from "../../src/domain/application.js";
import { LearnedAdministration } from "../../src/serving/learnedAdministration.js";
import type { LearnedAdministrationDependencies } from "../../src/serving/learnedAdministration.js";
import { application, catalogueOf, modelVersion } from "../support/fakeServing.js";

/** Version 1 asks model "m" for labels; the current one has its output as features, which by now are five numbers. */
function setUp() {
  const features = modelVersion("m", 2, { outputs: [{ name: "f", datatype: "FP32", shape: [5] }] });
  const current: Application = application({ policy: { kind: "linear", featureModel: "m" }, policyVersion: 2 });
  const linked = { ...current, links: [{ model: "m", weight: 1 }] };
  const catalogue = catalogueOf(linked, [], [features]);
  const { applications, models, versions } = catalogue.snapshot;
  const common = { application: current.name, loss: current.loss, frozen: false };
  const policyVersions: PolicyVersion[] = [
    { ...common, version: 1, policy: { kind: "ensemble" } },
    { ...common, version: 2, policy: current.policy },
    { ...common, version: 3, policy: { kind: "linear", featureModel: "m", featureVersion: 1 } },
    { ...common, version: 4, policy: { kind: "linear", featureModel: "m", featureVersion: 2 } },
  ];
  const served = catalogue.get(current.name);
  if (served === undefined) throw new Error("not served");
  catalogue.replace({ applications, policyVersions, models, versions }, () => served);
  const done: string[] = [];
  const change = (name: string) => () => {
    done.push(name);
    return Promise.resolve({ version: 1 });
  };
  const administration = { setCurrentPolicyVersion: change("rollback"), addPolicyVersion: change("fork") };
  const deps = { administration, catalogue, refresh: () => Promise.resolve() };
  return { learned: new LearnedAdministration(deps as unknown as LearnedAdministrationDependencies), done };
}

describe("a policy version that is come back to", () => {
  test("must be able to read the models that are linked now, as a new application's has to", async () => {
    const { learned, done } = setUp();
    const misfit = { code: "BAD_INPUT", message: expect.stringContaining("model m@2 does not answer") as unknown };
    expect(await learned.rollbackPolicy("insects", 1)).toMatchObject(misfit);
    expect(await learned.forkPolicy("insects", 1, true)).toMatchObject(misfit);
    expect(done).toEqual([]);
    expect(await learned.rollbackPolicy("insects", 2)).toMatchObject({ version: 1 });
    // A snapshot that answers nothing may be kept of any.
    expect(await learned.forkPolicy("insects", 1, false)).toMatchObject({ version: 1 });
    expect(done).toEqual(["rollback", "fork"]);
  });

  test("must have learned on the features that are current now", async () => {
    const { learned, done } = setUp();
    const refused = {
      code: "BAD_INPUT",
      message: expect.stringContaining("on the features of m@1, and version 2 is current: make version 1") as unknown,
    };
    expect(await learned.rollbackPolicy("insects", 3)).toMatchObject(refused);
    expect(await learned.forkPolicy("insects", 3, true)).toMatchObject(refused);
    expect(done).toEqual([]);
    await learned.rollbackPolicy("insects", 4);
    await learned.forkPolicy("insects", 3, false);
    expect(done).toEqual(["rollback", "fork"]);
  });
});
