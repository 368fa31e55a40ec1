import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { PolicySpec } from "../../src/domain/policySpec.js";
import type { LearnedPolicy, PolicyState } from "../../src/correction/erasedPolicy.js";
import { MAX_MODELS } from "../../src/correction/modelTable.js";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import {
  anyObservation,
  ASKING_ALL,
  ASKING_ONE,
  chosen,
  EXP4,
  evidenceOf,
  label,
  membersOf,
  MODELS,
  policyOf,
  REWARD,
  reward,
  tellAll,
} from "../support/policies.js";
import type { AnyObservation } from "../support/policies.js";

const LEARNING: readonly PolicySpec[] = [...ASKING_ALL, ...ASKING_ONE, EXP4];
const CASES = LEARNING.flatMap((spec) => [
  { spec, name: `${JSON.stringify(spec)} told truths`, isRewarded: false },
  ...(ASKING_ALL.includes(spec) ? [] : [{ spec, name: `${JSON.stringify(spec)} told rewards`, isRewarded: true }]),
]);

function tell(policy: LearnedPolicy, state: PolicyState, observation: AnyObservation, isRewarded: boolean): void {
  const truth = isRewarded ? reward(observation.reward ?? 0) : label(observation.truth);
  policy.observe(state, evidenceOf(policy, observation), truth);
}

describe.each(CASES)("the state of $name", ({ spec, isRewarded }) => {
  const policy = policyOf(spec, isRewarded ? REWARD : undefined);
  const members = membersOf(...MODELS);

  test("is the same bytes after the same observations, also when it was stored and read between any two", () => {
    fc.assert(
      fc.property(fc.array(anyObservation, { maxLength: 12 }), fc.nat(), (observations, storedAt) => {
        const straight = policy.init();
        let stored = policy.init();
        observations.forEach((observation, i) => {
          if (i % 3 === storedAt % 3) stored = policy.decode(policy.encode(stored));
          tell(policy, straight, observation, isRewarded);
          tell(policy, stored, observation, isRewarded);
        });
        expect(policy.encode(stored)).toEqual(policy.encode(straight));
        expect(policy.encode(policy.decode(policy.encode(stored)))).toEqual(policy.encode(straight));
      }),
      { numRuns: 60 },
    );
  });

  test("gives finite weights that sum to 1, for models known and unknown, for population and entity", () => {
    const random = seededRandom(1);
    fc.assert(
      fc.property(fc.array(anyObservation, { maxLength: 30 }), (observations) => {
        const state = policy.init();
        for (const observation of observations) tell(policy, state, observation, isRewarded);
        const before = policy.encode(state);
        const entity = policy.inherit(state);
        for (const one of [state, entity]) {
          const weights = policy.weights(one, [...members, { model: "never seen", weight: 1 }]);
          for (const { weight } of weights) expect(weight).toBeGreaterThanOrEqual(0);
          expect(weights.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
          const { models, choice } = policy.select(one, members, undefined, random);
          expect(models.length).toBe(choice === undefined ? members.length : 1);
          if (choice !== undefined) expect(choice.propensity).toBeGreaterThan(0);
          if (choice !== undefined) expect(choice.propensity).toBeLessThanOrEqual(1);
        }
        for (const observation of observations) tell(policy, entity, observation, isRewarded);
        expect(policy.encode(policy.decode(policy.encode(entity)))).toEqual(policy.encode(entity));
        // The population stays as it was.
        expect(policy.encode(state)).toEqual(before);
      }),
      { numRuns: 40 },
    );
  });

  test("is a few hundred bytes for five models", () => {
    const state = policy.init();
    const observation = fc.sample(anyObservation, { seed: 1, numRuns: 100 });
    for (const one of observation) tell(policy, state, one, isRewarded);
    expect(policy.encode(state).length).toBeGreaterThan(100);
    expect(policy.encode(state).length).toBeLessThan(500);
  });

  test("is read from nothing but its own bytes", () => {
    const state = policy.init();
    for (const one of fc.sample(anyObservation, { seed: 2, numRuns: 8 })) tell(policy, state, one, isRewarded);
    const bytes = policy.encode(state);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => policy.decode(bytes.slice(0, length))).toThrow();
    }
    expect(() => policy.decode(Uint8Array.from([...bytes, 0]))).toThrow("1 bytes too many");
    for (const at of [0, 1, 2, 3]) {
      const other = bytes.slice();
      other[at] = (other[at] as number) + 100;
      expect(() => policy.decode(other)).toThrow("expected");
    }
    const poisoned = bytes.slice();
    new DataView(poisoned.buffer).setFloat64(bytes.length - 8, NaN, true);
    expect(() => policy.decode(poisoned)).toThrow("finite");
  });
});

describe("policy states", () => {
  test("of one policy are none of another's, in memory and in bytes", () => {
    const exp3 = policyOf({ kind: "exp3" });
    const ix = policyOf({ kind: "exp3-ix" });
    expect(() => ix.observe(exp3.init(), chosen("m1", 1, 1), label("ant"))).toThrow("state of policy exp3");
    expect(() => ix.decode(exp3.encode(exp3.init()))).toThrow("policy");
    const [fixed, adaptive] = [policyOf({ kind: "ensemble" }), policyOf({ kind: "ensemble", adaptive: true })];
    expect(() => adaptive.weights(fixed.init(), membersOf("m1"))).toThrow("state of policy ensemble");
    expect(() => adaptive.decode(fixed.encode(fixed.init()))).toThrow("policy");
  });

  test("go on under another object of the same policy, with other parameters", () => {
    const before = policyOf({ kind: "ensemble", eta: 0.1 });
    const state = before.init();
    tellAll(before, state, { m1: false, m2: true });
    const after = policyOf({ kind: "ensemble", eta: 0.5 });
    tellAll(after, state, { m1: false, m2: true });
    expect(after.weights(state, membersOf("m1"))[0]?.observations).toBe(2);
  });

  test("remember a bounded number of models, and forget those that were observed longest ago", () => {
    const policy = policyOf({ kind: "ensemble" });
    const state = policy.init();
    for (let i = 0; i < 3 * MAX_MODELS; i++) tellAll(policy, state, { steady: false, [`model-${i}`]: true });
    const report = policy.weights(state, membersOf("steady", "model-0", `model-${3 * MAX_MODELS - 1}`));
    expect(report.map(({ observations }) => observations)).toEqual([3 * MAX_MODELS, 0, 1]);
    expect(policy.encode(policy.decode(policy.encode(state)))).toEqual(policy.encode(state));
    tellAll(policy, state, Object.fromEntries(Array.from({ length: 2 * MAX_MODELS }, (_, i) => [`more-${i}`, false])));
    expect(policy.encode(policy.decode(policy.encode(state)))).toEqual(policy.encode(state));
  });

  test("never hold what is no number: outputs, rewards and propensities of that kind teach nothing", () => {
    const ensemble = policyOf({ kind: "ensemble" }, { kind: "LOG" });
    const state = ensemble.init();
    const bad = { kind: "SCORES", scores: Float64Array.of(NaN, 0.5, 0.5) } as const;
    const evidence = { answered: [{ model: "m1", output: bad }], choice: undefined, context: undefined };
    expect(ensemble.observe(state, evidence, label("ant"))).toBe(false);
    expect(ensemble.encode(state)).toEqual(ensemble.encode(ensemble.init()));
    for (const spec of ASKING_ONE) {
      const policy = policyOf(spec, REWARD);
      const one = policy.init();
      for (const value of [NaN, Infinity, -0.1, 1.1]) {
        expect(policy.observe(one, chosen("m1", 0.5, 2), reward(value))).toBe(false);
      }
      for (const propensity of [NaN, 0, -1, 1.5]) {
        expect(policy.observe(one, chosen("m1", propensity, 2), reward(1))).toBe(false);
      }
      expect(policy.encode(one)).toEqual(policy.encode(policy.init()));
    }
  });
});
