import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { normal, seededRandom } from "../../bench/simulation/seededRandom.js";
import { estimate } from "../../src/correction/armStates.js";
import type { ArmStates } from "../../src/correction/armStates.js";
import type { ContextualPolicy } from "../../src/correction/contextualPolicy.js";
import { LinUcb, linUcbPolicy } from "../../src/correction/linucb.js";
import { newLosses } from "../../src/correction/losses.js";
import { newPolicy } from "../../src/correction/newPolicy.js";
import { inverseGaps, SquareCb, squareCbPolicy } from "../../src/correction/squarecb.js";
import type { Truth } from "../../src/domain/storePorts.js";
import { LABEL, members, NO_CHOICE, scores } from "../support/linearCases.js";

const SOURCE = { featureModel: "f" };
const losses = newLosses({ kind: "ZERO_ONE" }, LABEL);
const rewards = newLosses({ kind: "REWARD", min: 0, max: 1 }, LABEL);
const MEMBERS = members("left", "right", "poor");

const KINDS = [
  ["linucb", linUcbPolicy({ ...SOURCE, alpha: 0.3 }, LABEL, rewards)],
  ["squarecb", squareCbPolicy({ ...SOURCE, gammaScale: 30 }, LABEL, rewards)],
] as const;

function reward(value: number): Truth {
  return { kind: "REWARD", reward: value };
}

/** Plays rounds in which `left` is right where the first feature is negative, `right` where it is positive. */
function play(
  policy: ContextualPolicy,
  state: ArmStates,
  rounds: number,
  seed: number,
): { loss: number; propensities: number[] } {
  const random = seededRandom(seed);
  const propensities: number[] = [];
  let loss = 0;
  for (let n = 0; n < rounds; n++) {
    const side = random() < 0.5 ? -1 : 1;
    const context = Float64Array.of(side, 0.3 * normal(random));
    const { choice } = policy.select(state, MEMBERS, context, random);
    const good = choice?.arm === "poor" ? 0.3 : (choice?.arm === "right") === side > 0 ? 0.9 : 0.2;
    const value = random() < good ? 1 : 0;
    loss += 1 - value;
    propensities.push(choice?.propensity ?? NaN);
    policy.observe(state, { answered: [], choice, context }, reward(value));
  }
  return { loss: loss / rounds, propensities };
}

describe.each(KINDS)("%s", (kind, policy) => {
  test("learns which model to ask in which context, as no model alone could", () => {
    const state = policy.init();
    play(policy, state, 1500, 1);
    // The best single model has 0.45, the best choice 0.1.
    expect(play(policy, state, 1000, 2).loss).toBeLessThan(0.2);
  });

  test("records the probability that the choice had", () => {
    const state = policy.init();
    play(policy, state, 100, 3);
    const random = seededRandom(4);
    const counts = new Map<string, number>();
    const said = new Map<string, number>();
    for (let n = 0; n < 20_000; n++) {
      const { choice, models } = policy.select(state, MEMBERS, Float64Array.of(1, 0), random);
      expect(models).toEqual([choice?.arm]);
      counts.set(choice?.arm ?? "", (counts.get(choice?.arm ?? "") ?? 0) + 1);
      said.set(choice?.arm ?? "", choice?.propensity ?? 0);
    }
    for (const [arm, count] of counts) expect(count / 20_000).toBeCloseTo(said.get(arm) ?? NaN, 1);
  });

  test("is the same fold of the same log, bit for bit, through any encoding on the way", () => {
    const row = fc.tuple(fc.constantFrom("a", "b", "c"), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat());
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), fc.nat(30), (log, at) => {
        const whole = policy.init();
        let parts = policy.init();
        log.forEach(([arm, value, seed], n) => {
          const random = seededRandom(seed);
          const context = Float64Array.of(normal(random), normal(random));
          const evidence = { answered: [], context, choice: { arm, propensity: 0.5, arms: 3 } };
          if (n === at) parts = policy.decode(policy.encode(parts));
          expect(policy.observe(parts, evidence, reward(value))).toBe(true);
          policy.observe(whole, evidence, reward(value));
          policy.select(whole, MEMBERS, context, random);
        });
        expect(policy.encode(parts)).toEqual(policy.encode(whole));
        expect(policy.encode(policy.inherit(parts))).toEqual(policy.encode(policy.inherit(whole)));
      }),
    );
  });

  test("chooses without a context too, by what is known without one, and learns nothing then", () => {
    const state = policy.init();
    play(policy, state, 300, 5);
    const before = policy.encode(state);
    const { choice } = policy.select(state, MEMBERS, undefined, seededRandom(1));
    expect(choice?.propensity).toBeGreaterThan(0);
    const evidence = { answered: [], choice, context: undefined };
    expect(policy.observe(state, evidence, reward(1))).toBe(false);
    for (const context of [Float64Array.of(1), Float64Array.of(NaN, 1), Float64Array.of(1e7, 1)]) {
      expect(policy.observe(state, { ...evidence, context }, reward(1))).toBe(false);
      expect(policy.select(state, MEMBERS, context, seededRandom(1))).toEqual(
        policy.select(state, MEMBERS, undefined, seededRandom(1)),
      );
    }
    expect(policy.observe(state, { ...evidence, context: Float64Array.of(1, 1) }, reward(2))).toBe(false);
    expect(policy.encode(state)).toEqual(before);
  });

  test("begins an entity where the population stands, which stays there", () => {
    const population = policy.init();
    play(policy, population, 2000, 6);
    const before = policy.encode(population);
    const entity = policy.inherit(population);
    const probe = Float64Array.of(1, 1, 0.1);
    for (const model of ["left", "right", "poor"]) {
      expect(estimate(entity, model, probe).loss).toBeCloseTo(estimate(population, model, probe).loss, 9);
      expect(estimate(entity, model, probe).variance).toBeGreaterThan(estimate(population, model, probe).variance);
    }
    play(policy, entity, 50, 7);
    expect(policy.encode(population)).toEqual(before);
  });

  test("takes a model that it does not know yet for the mean of the others", () => {
    const state = policy.init();
    play(policy, state, 500, 8);
    const probe = Float64Array.of(1, 1, 0);
    const mean = [...state.arms.keys()].reduce((sum, model) => sum + estimate(state, model, probe).loss / 3, 0);
    expect(estimate(state, "new", probe).loss).toBeCloseTo(mean, 9);
    expect(estimate(state, "new", probe).variance).toBe(2);
  });

  test("asks a new model a tenth of the time until its loss was told twenty times, also where it promises nothing", () => {
    const state = policy.init();
    const context = Float64Array.of(1, 0);
    const known = MEMBERS.slice(0, 2).map(({ model }) => model);
    const teach = (arm: string, value: number) => {
      const evidence = { answered: [], context, choice: { arm, propensity: 0.5, arms: 3 } };
      expect(policy.observe(state, evidence, reward(value))).toBe(true);
    };
    // One that is always right, one that is never.
    for (let n = 0; n < 3000; n++) teach(known[n % 2] as string, n % 2);
    const chanceOf = (of: ArmStates) => policy.chances(of, MEMBERS, context).get("poor") ?? NaN;
    for (let n = 0; n < 20; n++) {
      expect(chanceOf(state)).toBeGreaterThanOrEqual(0.1 - 1e-12);
      if (n === 10) expect(chanceOf(policy.inherit(state))).toBeGreaterThanOrEqual(0.1 - 1e-12);
      teach("poor", 0);
    }
    expect(chanceOf(state)).toBeLessThan(0.05);
    // What the population has seen of it is not new to those who inherit it.
    const entity = policy.inherit(state);
    expect(policy.weights(entity, MEMBERS).map(({ observations }) => observations)).toEqual([1500, 1500, 20]);
  });

  test("shares the half of all queries among many new models", () => {
    const many = members(...Array.from({ length: 20 }, (_, i) => `m${i}`));
    const state = policy.init();
    const context = Float64Array.of(1);
    for (let n = 0; n < 400; n++) {
      policy.observe(state, { answered: [], context, choice: { arm: "m0", propensity: 1, arms: 1 } }, reward(1));
    }
    const chances = policy.chances(state, many, context);
    for (const [model, chance] of chances) if (model !== "m0") expect(chance).toBeGreaterThanOrEqual(0.5 / 19 - 1e-12);
    expect([...chances.values()].reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 12);
  });

  test("keeps 64 models, and forgets the one that was observed longest ago", () => {
    const state = policy.init();
    const learn = (arm: string) =>
      policy.observe(
        state,
        { answered: [], context: Float64Array.of(1), choice: { arm, propensity: 1, arms: 65 } },
        reward(1),
      );
    for (let n = 0; n < 64; n++) learn(`model ${n}`);
    learn("model 0");
    learn("one more");
    expect(state.arms.size).toBe(64);
    expect(state.arms.has("model 1")).toBe(false);
    expect(state.arms.has("model 0")).toBe(true);
  });

  test("refuses bytes of another policy, or cut off", () => {
    const state = policy.init();
    play(policy, state, 5, 9);
    const bytes = policy.encode(state);
    for (let cut = 0; cut < bytes.length; cut++) expect(() => policy.decode(bytes.slice(0, cut))).toThrow();
    const other = kind === "linucb" ? KINDS[1][1] : KINDS[0][1];
    expect(() => other.decode(bytes)).toThrow("layout and policy");
  });

  test("is made by an application that names it", () => {
    const named = newPolicy({ policy: { kind, featureModel: "f" }, loss: undefined, output: LABEL });
    expect([named.kind, named.featureModel]).toEqual([kind, "f"]);
    const random = seededRandom(1);
    const selection = named.select(named.init(), MEMBERS, Float64Array.of(1), random);
    const answer = scores(selection.models[0] as string, 0.1, 0.7, 0.2);
    const combined = named.combine(named.init(), MEMBERS, selection, [answer], Float64Array.of(1), random);
    expect(combined.output).toMatchObject({ kind: "LABEL", label: "dog" });
    expect(combined.choice).toEqual(selection.choice);
  });

  test("gives operators the chances of each model, which sum to 1", () => {
    const state = policy.init();
    play(policy, state, 50, 10);
    const report = policy.weights(state, MEMBERS);
    expect(report.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(report.reduce((sum, { observations }) => sum + observations, 0)).toBe(50);
  });
});

describe("a contextual policy that is told the truth", () => {
  test("learns from every model that answered", () => {
    const policy = squareCbPolicy(SOURCE, LABEL, losses);
    const state = policy.init();
    const answered = [scores("a", 1, 0, 0), scores("b", 0, 1, 0)];
    const context = Float64Array.of(0.5);
    expect(policy.observe(state, { ...NO_CHOICE, answered, context }, { kind: "LABEL", label: "dog" })).toBe(true);
    expect(state.time).toBe(1);
    const [a, b] = ["a", "b"].map((model) => estimate(state, model, Float64Array.of(1, 0.5)).loss);
    expect(a).toBeGreaterThan(0.5);
    expect(b).toBeLessThan(0.5);
  });
});

describe("inverse gap weighting", () => {
  const losses01 = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 });

  test("gives probabilities, the larger the smaller the loss, and none below what the gap allows", () => {
    fc.assert(
      fc.property(losses01, fc.double({ min: 0, max: 1e6, noNaN: true }), (values, gamma) => {
        const probabilities = inverseGaps(Float64Array.from(values), gamma);
        expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
        const least = Math.min(...values);
        values.forEach((loss, i) => {
          const own = probabilities[i] as number;
          expect(own).toBeGreaterThanOrEqual(1 / (values.length + gamma * (loss - least)) - 1e-12);
          values.forEach((other, j) => {
            if (loss < other) expect(own).toBeGreaterThanOrEqual((probabilities[j] as number) - 1e-12);
          });
        });
      }),
    );
  });

  test("is an even choice before anything was observed, and nearly a sure one after much", () => {
    const estimates = [0.2, 0.6].map((loss) => ({ loss, variance: 1 }));
    expect([...new SquareCb(10).propensities(estimates, 0)]).toEqual([0.5, 0.5]);
    const [, worse] = new SquareCb(10).propensities(estimates, 10_000);
    expect(worse).toBeCloseTo(1 / (2 + 1000 * 0.4), 12);
  });

  test("takes expectations below 0 for 0, so that none is too sure to be doubted", () => {
    const estimates = [-3, 0.1].map((loss) => ({ loss, variance: 1 }));
    expect(new SquareCb(10).propensities(estimates, 100)[1]).toBeCloseTo(1 / (2 + 100 * 0.1), 12);
  });
});

describe("the upper confidence bound", () => {
  test("asks the least known model among those that promise alike, and equals by chance", () => {
    const rule = new LinUcb(1);
    const alike = [1, 4].map((variance) => ({ loss: 0.5, variance }));
    expect([...rule.propensities(alike)]).toEqual([0, 1]);
    const equal = { loss: 0.5, variance: 1 };
    expect([...rule.propensities([equal, equal, { loss: 0.9, variance: 1 }])]).toEqual([0.5, 0.5, 0]);
  });
});
