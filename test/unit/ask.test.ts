import { describe, expect, test } from "@jest/globals";
import { newPolicy } from "../../src/correction/newPolicy.js";
import type { Application } from "../../src/domain/application.js";
import type { PolicySpec } from "../../src/domain/policySpec.js";
import type { RowOutcome } from "../../src/domain/ports.js";
import { Caller } from "../../src/lib/caller.js";
import { ask } from "../../src/serving/ask.js";
import type { Asked } from "../../src/serving/ask.js";
import type { Member, ServedApplication } from "../../src/serving/catalogue.js";
import { UsualLatency } from "../../src/serving/usualLatency.js";
import { FakeClock } from "../support/fakeClock.js";
import { FakeEvaluator, failedWith, member, scores } from "../support/fakeServing.js";
import { rowQuery } from "../support/rowQuery.js";

const OUTPUT: Application["output"] = { kind: "NUMBER" };
const LINEAR: PolicySpec = { kind: "linear", featureModel: "f", ridge: 1e-3 };
const SQUARECB: PolicySpec = { kind: "squarecb", featureModel: "f" };

/** Whose values are numbers as they come. */
function numberModel(model: string, evaluator: FakeEvaluator): Member {
  const read: Member["read"] = ([bytes]) => ({
    kind: "NUMBERS",
    numbers: Float64Array.from(new Float32Array((bytes as Uint8Array).slice().buffer)),
  });
  return { model, version: 1, weight: 1, evaluator, read, usual: new UsualLatency() };
}

/** A query of 100 ms over features of f; half of it is over at 50 ms. */
function setUp(policySpec: PolicySpec, names: readonly string[] = ["m0", "m1"], isLearned = true) {
  const clock = new FakeClock();
  const policy = newPolicy({ policy: policySpec, loss: { kind: "SQUARED", range: 10 }, output: OUTPUT });
  const features = new FakeEvaluator();
  const evaluators = new Map(names.map((name) => [name, new FakeEvaluator()]));
  const served = {
    application: { output: OUTPUT },
    policy,
    members: [...evaluators].map(([name, evaluator]) => numberModel(name, evaluator)),
    policyMembers: names.map((model) => ({ model, weight: 1 })),
    features: { kind: "MODEL", member: numberModel("f", features), isLearned },
  } as unknown as ServedApplication;
  const state = policy.init();
  const caller = new Caller();
  const start = () => {
    const beganMs = clock.nowMs();
    let result: Asked | undefined;
    const patience = { noSoonerMs: beganMs + 10, straggleMs: beganMs + 50, caller };
    const asked = ask({ clock, random: () => 0.3 }, served, state, rowQuery([], beganMs + 100), patience);
    void Promise.resolve(asked).then((all) => (result = all));
    return async () => {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      return result;
    };
  };
  /** The truth is ten times the feature. */
  const teach = (): void => {
    for (let x = -5; x <= 5; x++) {
      const evidence = { answered: [], choice: undefined, context: Float64Array.of(x) };
      policy.observe(state, evidence, { kind: "NUMBER", number: 10 * x });
    }
  };
  const evaluator = (name: string) => evaluators.get(name) as FakeEvaluator;
  return { clock, features, evaluator, start, teach, caller };
}

const says = (value: number): RowOutcome => scores([value]);

async function number(asked: Promise<Asked | undefined>): Promise<number> {
  const { combined } = (await asked) ?? {};
  return combined?.output.kind === "NUMBER" ? combined.output.number : NaN;
}

describe("a policy that answers from a feature model", () => {
  test("asks nobody else while the features come in half of the time", async () => {
    const { clock, features, evaluator, start, teach } = setUp(LINEAR);
    teach();
    const result = start();
    clock.advance(49);
    features.settle(says(4));
    expect(await number(result())).toBeCloseTo(40, 1);
    expect(evaluator("m0").asked).toEqual([]);
    expect(clock.alarms).toBe(0);
  });

  test("answers from late features, as if nobody else had been asked meanwhile", async () => {
    const { clock, features, evaluator, start, teach } = setUp(LINEAR);
    teach();
    const result = start();
    clock.advance(50);
    expect(await result()).toBeUndefined();
    expect(evaluator("m0").asked).toHaveLength(1);
    evaluator("m0").settle(says(7));
    clock.advance(49);
    expect(await result()).toBeUndefined();
    features.settle(says(4));
    expect(await number(result())).toBeCloseTo(40, 1);
    expect(await result()).toMatchObject({ present: [{ model: "f" }], missing: [] });
    expect([evaluator("m0").cancelled, evaluator("m1").cancelled]).toEqual([0, 1]);
    expect(clock.alarms).toBe(0);
  });

  test("is answered for by the others at the deadline when no features have come", async () => {
    const { clock, features, evaluator, start, teach } = setUp(LINEAR);
    teach();
    const result = start();
    clock.advance(50);
    await result();
    evaluator("m0").settle(says(6));
    evaluator("m1").settle(says(8));
    clock.advance(50);
    expect(await number(result())).toBe(7);
    expect(await result()).toMatchObject({
      present: [{ model: "m0" }, { model: "m1" }],
      missing: [{ model: "f", code: "DEADLINE_EXCEEDED" }],
      combined: { context: undefined },
    });
    expect(features.cancelled).toBe(1);
    expect(clock.alarms).toBe(0);
  });

  test("is answered for at once when the feature model fails late", async () => {
    const { clock, features, evaluator, start, teach } = setUp(LINEAR, ["m0"]);
    teach();
    const result = start();
    clock.advance(60);
    await result();
    evaluator("m0").settle(says(6));
    features.settle(failedWith("NO_REPLICA"));
    expect(await number(result())).toBe(6);
    expect(await result()).toMatchObject({ missing: [{ model: "f", code: "NO_REPLICA" }] });
  });

  test("that knows nothing yet takes the others' answers, and the late features to learn by", async () => {
    const { clock, features, evaluator, start } = setUp(LINEAR, ["m0"]);
    const result = start();
    clock.advance(50);
    await result();
    features.settle(says(4));
    await result();
    evaluator("m0").settle(says(6));
    expect(await number(result())).toBe(6);
    expect((await result())?.combined).toMatchObject({ context: Float64Array.of(4), contextFrom: "f@1" });
    expect(evaluator("m0").asked).toHaveLength(1);
  });

  test("waits for the features alone to the end where there is nobody else", async () => {
    const { clock, features, start, teach } = setUp(LINEAR, []);
    teach();
    const result = start();
    clock.advance(99);
    expect(await result()).toBeUndefined();
    features.settle(says(4));
    expect(await number(result())).toBeCloseTo(40, 1);
  });

  test("does not use the features of a version that it has not learned on, nor waits for them where others answer", async () => {
    const { features, evaluator, start, teach } = setUp(LINEAR, ["m0"], false);
    teach();
    const result = start();
    evaluator("m0").settle(says(6));
    expect(await number(result())).toBe(6);
    expect(features.asked).toEqual([]);
    expect((await result())?.combined).toMatchObject({ context: undefined, contextFrom: undefined });
  });

  test("answers with what it knows without features where there is nobody but a version that it has not learned on", async () => {
    const { features, start, teach } = setUp(LINEAR, [], false);
    teach();
    const result = start();
    features.settle(says(4));
    // Its intercept: the truths were about 0 in the mean.
    expect(await number(result())).toBeCloseTo(0, 1);
    expect((await result())?.combined).toMatchObject({ context: undefined, agreement: 0 });
  });

  test("calls off everybody when the caller leaves", async () => {
    const { clock, features, evaluator, start, teach, caller } = setUp(LINEAR);
    teach();
    const result = start();
    clock.advance(50);
    await result();
    caller.leave();
    expect(await result()).toMatchObject({ combined: undefined });
    expect([features.cancelled, evaluator("m0").cancelled, evaluator("m1").cancelled]).toEqual([1, 1, 1]);
    expect(clock.alarms).toBe(0);
  });
});

describe("a policy that chooses by a feature model", () => {
  test("chooses without the features after half of the time, and waits for its choice alone", async () => {
    const { clock, features, evaluator, start } = setUp(SQUARECB);
    const result = start();
    clock.advance(50);
    await result();
    const chosen = ["m0", "m1"].filter((name) => evaluator(name).asked.length === 1);
    expect(chosen).toHaveLength(1);
    evaluator(chosen[0] as string).settle(says(6));
    expect(await number(result())).toBe(6);
    expect(await result()).toMatchObject({
      present: [{ model: chosen[0] }],
      missing: [{ model: "f" }],
      combined: { context: undefined, choice: { arm: chosen[0], arms: 2 } },
    });
    expect(features.cancelled).toBe(1);
    expect(clock.alarms).toBe(0);
  });

  test("learns by features that came before its choice had answered", async () => {
    const { clock, features, evaluator, start } = setUp(SQUARECB);
    const result = start();
    clock.advance(50);
    await result();
    features.settle(says(4));
    const chosen = ["m0", "m1"].find((name) => evaluator(name).asked.length === 1) as string;
    expect(await result()).toBeUndefined();
    evaluator(chosen).settle(says(6));
    const asked = await result();
    expect(asked?.combined?.context).toEqual(Float64Array.of(4));
    expect(asked).toMatchObject({ present: [{ model: "f" }, { model: chosen }], missing: [] });
  });
});

test("who could still bring the answer's confidence up to what is asked for is waited for, also beyond half of the time", async () => {
  const output: Application["output"] = { kind: "LABEL", labels: ["ant", "bee"] };
  const names = ["m0", "m1", "m2"];
  const evaluators = names.map(() => new FakeEvaluator());
  const policy = newPolicy({ policy: { kind: "majority" }, loss: { kind: "ZERO_ONE" }, output });
  const served = {
    application: { output },
    policy,
    members: names.map((name, i) => member(name, evaluators[i] as FakeEvaluator)),
    policyMembers: names.map((model) => ({ model, weight: 1 })),
  } as unknown as ServedApplication;
  const missingOf = async (least: number) => {
    const clock = new FakeClock();
    const beganMs = clock.nowMs();
    const isEnough = (agreement: number) => agreement >= least;
    const patience = { noSoonerMs: beganMs + 10, straggleMs: beganMs + 50, caller: undefined, isEnough };
    const asked = ask({ clock, random: () => 0.3 }, served, policy.init(), rowQuery([], beganMs + 100), patience);
    evaluators[0]?.settle(scores([1, 0]));
    evaluators[1]?.settle(scores([1, 0]));
    clock.advance(60);
    evaluators[2]?.settle(scores([1, 0]));
    return (await asked).missing.map(({ model }) => model);
  };
  expect(await missingOf(0.6)).toEqual(["m2"]);
  expect(await missingOf(0.7)).toEqual([]);
});
