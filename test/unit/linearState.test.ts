import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { normal, seededRandom } from "../../bench/simulation/seededRandom.js";
import type { Evidence } from "../../src/correction/correctionPolicy.js";
import { linearPolicy } from "../../src/correction/linearPolicy.js";
import type { LinearState } from "../../src/correction/linearState.js";
import { newPolicy } from "../../src/correction/newPolicy.js";
import {
  combine,
  context,
  isLabel,
  isNumber,
  LABEL,
  LABELS,
  NO_CHOICE,
  NUMBER,
  numberOf,
  says,
  scores,
  selectionOf,
} from "../support/linearCases.js";

describe("linear for an entity", () => {
  const policy = linearPolicy({ kind: "linear", featureModel: "factors" }, NUMBER);

  function population(): LinearState {
    const state = policy.init();
    const random = seededRandom(21);
    for (let n = 0; n < 500; n++) {
      const [a, b] = [normal(random), normal(random)];
      policy.observe(state, context(a, b), isNumber(2 + a + b + 0.3 * normal(random)));
    }
    return state;
  }

  test("begins with the population's weights, not with none", () => {
    const all = population();
    const entity = policy.inherit(all);
    for (const probe of [context(0, 0), context(1, -2), context(0.5, 3)]) {
      expect(numberOf(policy, entity, probe)).toBeCloseTo(numberOf(policy, all, probe), 9);
    }
    expect(combine(policy, entity, context(1, 1)).agreement).toBeLessThan(
      combine(policy, all, context(1, 1)).agreement,
    );
  });

  test.each([1, 100, 1e-3])(
    "with a strength is moved alike by its first feedback, with features of size %p",
    (size) => {
      const strength = 3;
      const counting = linearPolicy({ kind: "linear", featureModel: "factors", strength }, NUMBER);
      for (const features of [2, 50]) {
        const random = seededRandom(23);
        const draw = (): Evidence =>
          context(...Array.from({ length: features }, () => (random() < 0.5 ? size : -size)));
        const all = counting.init();
        for (let n = 0; n < 300; n++) counting.observe(all, draw(), isNumber(2 + 0.3 * normal(random)));
        const entity = counting.inherit(all);
        const probe = draw();
        const before = numberOf(counting, entity, probe);
        counting.observe(entity, probe, isNumber(before + 0.4));
        expect(numberOf(counting, entity, probe) - before).toBeCloseTo(0.4 / (strength + 1), 3);
      }
    },
  );

  test("learns its own from there, and leaves the population as it was", () => {
    const all = population();
    const before = policy.encode(all);
    const entity = policy.inherit(all);
    const random = seededRandom(22);
    for (let n = 0; n < 40; n++) {
      const a = normal(random);
      policy.observe(entity, context(a, 0), isNumber(2 - a));
    }
    expect(numberOf(policy, entity, context(1, 0))).toBeCloseTo(1, 0);
    // What it never showed is still the population's.
    expect(numberOf(policy, entity, context(0, 1)) - numberOf(policy, entity, context(0, 0))).toBeCloseTo(1, 1);
    expect(policy.encode(all)).toEqual(before);
  });

  test("knows its first observation for an outlier by the population's scale", () => {
    const entity = policy.inherit(population());
    policy.observe(entity, context(0, 0), isNumber(1e6));
    expect(numberOf(policy, entity, context(0, 0))).toBeLessThan(6);
  });

  test("is born of an empty population empty", () => {
    expect(policy.encode(policy.inherit(policy.init()))).toEqual(policy.encode(policy.init()));
  });
});

describe("linear's states", () => {
  const evidence = fc.record({
    answered: fc.subarray(["a", "b", "c"], { minLength: 1 }),
    values: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 9, maxLength: 9 }),
    truth: fc.constantFrom(...LABELS),
  });

  test("are the same fold of the same log, bit for bit, through any encoding on the way", () => {
    const policy = linearPolicy({ kind: "linear", forgetting: 0.98 }, LABEL);
    fc.assert(
      fc.property(fc.array(evidence, { maxLength: 25 }), fc.nat(25), (log, at) => {
        const whole = policy.init();
        let parts = policy.init();
        log.forEach(({ answered, values, truth }, n) => {
          const all = answered.map((model, i) => scores(model, ...values.slice(3 * i, 3 * i + 3)));
          if (n === at) parts = policy.decode(policy.encode(parts));
          expect(policy.observe(parts, { ...NO_CHOICE, answered: all }, isLabel(truth))).toBe(true);
          policy.observe(whole, { ...NO_CHOICE, answered: all }, isLabel(truth));
          combine(policy, whole, { ...NO_CHOICE, answered: all });
        });
        expect(policy.encode(parts)).toEqual(policy.encode(whole));
      }),
    );
  });

  test("are refused where bytes are missing, left over, or of another layout or output", () => {
    const policy = linearPolicy({ kind: "linear" }, NUMBER);
    const state = policy.init();
    policy.observe(state, { ...NO_CHOICE, answered: [says("a", 1)] }, isNumber(1));
    const bytes = policy.encode(state);
    for (let cut = 0; cut < bytes.length; cut++) expect(() => policy.decode(bytes.slice(0, cut))).toThrow();
    expect(() => policy.decode(Uint8Array.of(...bytes, 0))).toThrow();
    expect(() => policy.decode(Uint8Array.of(9, ...bytes.slice(1)))).toThrow("layout 9");
    expect(() => linearPolicy({ kind: "linear" }, LABEL).decode(bytes)).toThrow("1 targets, expected 3");
  });

  test("are made by the policy that an application names", () => {
    const named = newPolicy({ policy: { kind: "linear", ridge: 2 }, loss: undefined, output: NUMBER });
    expect(named.kind).toBe("linear");
    const state = named.init();
    const answered = [says("a", 1)];
    expect(named.observe(state, { ...NO_CHOICE, answered }, isNumber(4))).toBe(true);
    // A = diag(2, 2) + [1 1][1 1]^T, b = 3 [1 1]: weights 3 / 4 each.
    const { output } = named.combine(state, [], selectionOf(answered), answered, undefined, () => 0);
    expect(output.kind === "NUMBER" && output.number).toBeCloseTo(1 + 1.5, 12);
  });

  test("tell how ill-conditioned they are", () => {
    const policy = linearPolicy({ kind: "linear", featureModel: "f", ridge: 1e-6 }, NUMBER);
    const state = policy.init();
    expect(policy.conditioning.condition(state)).toBe(1);
    for (let n = 0; n < 100; n++) policy.observe(state, context(1000 * n), isNumber(1));
    expect(policy.conditioning.condition(state)).toBeGreaterThan(1e6);
  });
});
