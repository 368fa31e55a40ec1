import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { normal, seededRandom } from "../../bench/simulation/seededRandom.js";
import type { Answered } from "../../src/correction/correctionPolicy.js";
import { linearPolicy } from "../../src/correction/linearPolicy.js";
import type { LinearPolicy } from "../../src/correction/linearPolicy.js";
import type { LinearState } from "../../src/correction/linearState.js";
import { denseOuterSum, denseSolve } from "../support/denseAlgebra.js";
import {
  combine,
  context,
  isLabel,
  isNumber,
  LABEL,
  LABELS,
  members,
  NO_CHOICE,
  NUMBER,
  numberOf,
  says,
  scores,
  scoresOf,
} from "../support/linearCases.js";

const NOTHING = { label: "", intercept: NaN, weights: new Float64Array() };

describe("linear over a feature model", () => {
  const policy = linearPolicy({ kind: "linear", featureModel: "factors" }, NUMBER);

  test("asks no member while the features are there, and learns what they say", () => {
    const state = policy.init();
    const random = seededRandom(1);
    for (let n = 0; n < 400; n++) {
      const [a, b] = [normal(random), normal(random)];
      expect(policy.observe(state, context(a, b), isNumber(3 + 2 * a - b + 0.1 * normal(random)))).toBe(true);
    }
    expect(policy.select(state, members("a"), Float64Array.of(1, 1)).models).toEqual([]);
    expect(numberOf(policy, state, context(1, 1))).toBeCloseTo(4, 1);
    expect(combine(policy, state, context(1, 1)).agreement).toBeGreaterThan(0.99);
  });

  test("asks all members, and has them vote alike, where the features are missing, of another size or nothing was learned", () => {
    const state = policy.init();
    const answered = [says("a", 1), says("b", 5)];
    const all = members("a", "b");
    expect(policy.select(state, all, Float64Array.of(1, 1)).models).toEqual(["a", "b"]);
    policy.observe(state, context(1, 1), isNumber(100));
    for (const features of [undefined, Float64Array.of(1), Float64Array.of(NaN, 1)]) {
      const selection = policy.select(state, all, features);
      expect(selection.models).toEqual(["a", "b"]);
      expect(policy.combine(state, all, selection, answered, features).output).toEqual(isNumber(3));
    }
  });

  test("answers with the intercept, and says that it agrees with nothing, without features and members", () => {
    const state = policy.init();
    for (let n = 0; n < 50; n++) policy.observe(state, context(n % 2 === 0 ? 1 : -1), isNumber(7));
    const combined = policy.combine(state, [], { models: [], choice: undefined }, [], undefined);
    expect(combined.agreement).toBe(0);
    expect(combined.output.kind === "NUMBER" && combined.output.number).toBeCloseTo(7, 0);
  });

  test("tells how its answers come about: an intercept, and what each feature adds", () => {
    expect(policy.regression(policy.init())).toEqual([]);
    const state = policy.init();
    for (const [a, b, c] of [
      [1, 0, 2],
      [0, 1, 5],
      [1, 1, 6],
    ] as const)
      policy.observe(state, context(a, b), isNumber(c));
    const [{ intercept, weights, label } = NOTHING] = policy.regression(state);
    expect(label).toBeUndefined();
    const sum = intercept + 3 * (weights[0] as number) - 2 * (weights[1] as number);
    expect(numberOf(policy, state, context(3, -2))).toBeCloseTo(sum, 12);
    const labels = linearPolicy({ kind: "linear", featureModel: "factors" }, LABEL);
    const learned = labels.init();
    labels.observe(learned, context(1, 0), isLabel("dog"));
    const told = labels.regression(learned);
    expect(told.map((target) => target.label)).toEqual(LABELS);
    const scored = told.map((target) => target.intercept + (target.weights[0] as number));
    expect(scoresOf(labels, learned, context(1, 0)).scores.find((one) => one.label === "dog")?.score).toBeCloseTo(
      scored[1] as number,
      12,
    );
    const overMembers = linearPolicy({ kind: "linear" }, NUMBER);
    const stacked = overMembers.init();
    overMembers.observe(stacked, { ...NO_CHOICE, answered: [says("a", 1)] }, isNumber(1));
    expect(overMembers.regression(stacked)).toEqual([]);
  });

  test("learns nothing from a reward, without features, or from features that changed their size", () => {
    const state = policy.init();
    policy.observe(state, context(1, 1), isNumber(1));
    const before = policy.encode(state);
    expect(policy.observe(state, context(1, 1), { kind: "REWARD", reward: 1 })).toBe(false);
    expect(policy.observe(state, context(1, 1), isLabel("cat"))).toBe(false);
    expect(policy.observe(state, { ...NO_CHOICE, answered: [says("a", 1)] }, isNumber(1))).toBe(false);
    expect(policy.observe(state, context(1, 1, 1), isNumber(1))).toBe(false);
    expect(policy.observe(state, context(1, Infinity), isNumber(1))).toBe(false);
    expect(policy.observe(state, context(1, 1), isNumber(NaN))).toBe(false);
    expect(policy.encode(state)).toEqual(before);
  });

  test("does the same for each element of a vector as for a number", () => {
    const vectors = linearPolicy({ kind: "linear", featureModel: "factors" }, { kind: "VECTOR", size: 2 });
    const state = vectors.init();
    const [left, right] = [policy.init(), policy.init()];
    const random = seededRandom(3);
    for (let n = 0; n < 60; n++) {
      const evidence = context(normal(random), normal(random));
      const vector = [normal(random), n % 20 === 19 ? 500 : normal(random)];
      vectors.observe(state, evidence, { kind: "VECTOR", vector });
      policy.observe(left, evidence, isNumber(vector[0] as number));
      policy.observe(right, evidence, isNumber(vector[1] as number));
    }
    const { output } = combine(vectors, state, context(0.3, 0.7));
    const expected = [left, right].map((one) => numberOf(policy, one, context(0.3, 0.7)));
    expect(output).toEqual({ kind: "VECTOR", vector: Float64Array.from(expected) });
    expect(vectors.observe(state, context(1, 1), { kind: "VECTOR", vector: [1] })).toBe(false);
  });

  test("gives probabilities of labels, one-vs-rest, that tell where the boundary is", () => {
    const labels = linearPolicy({ kind: "linear", featureModel: "layer" }, LABEL);
    const state = labels.init();
    expect(scoresOf(labels, state, context(1, 1)).scores.map(({ score }) => score)).toEqual([1 / 3, 1 / 3, 1 / 3]);
    const random = seededRandom(4);
    for (let n = 0; n < 600; n++) {
      const at = Math.floor(3 * random());
      const features = LABELS.map((_, i) => (i === at ? 1 : 0) + 0.2 * normal(random));
      labels.observe(state, context(...features), isLabel(LABELS[at] as string));
    }
    const sure = scoresOf(labels, state, context(0, 1, 0));
    expect(sure.label).toBe("dog");
    expect(sure.agreement).toBeGreaterThan(0.9);
    const torn = scoresOf(labels, state, context(0.5, 0.5, 0));
    expect(torn.scores.find(({ label }) => label === "owl")?.score).toBeLessThan(0.1);
    expect(torn.agreement).toBeLessThan(0.6);
    for (const { scores: ranked } of [sure, torn]) {
      expect(ranked.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 12);
    }
  });

  test("is less sure the less is known of such features", () => {
    const labels = linearPolicy({ kind: "linear", featureModel: "layer" }, LABEL);
    const state = labels.init();
    for (let n = 0; n < 200; n++) labels.observe(state, context(1, 0), isLabel("owl"));
    const known = scoresOf(labels, state, context(1, 0)).agreement;
    const unknown = scoresOf(labels, state, context(1, 6)).agreement;
    expect(known).toBeGreaterThan(0.95);
    expect(unknown).toBeLessThan(0.5);
  });
});

describe("linear over the members' outputs", () => {
  const policy = linearPolicy({ kind: "linear" }, NUMBER);

  test("answers with their mean before it has learned", () => {
    const answered = [says("a", 1), says("b", 4), says("c", 10)];
    expect(numberOf(policy, policy.init(), { ...NO_CHOICE, answered })).toBe(5);
    const labels = linearPolicy({ kind: "linear" }, LABEL);
    const votes = [scores("a", 0.8, 0.1, 0.1), scores("b", 0.2, 0.3, 0.5)];
    expect(scoresOf(labels, labels.init(), { ...NO_CHOICE, answered: votes }).label).toBe("cat");
  });

  test("learns whom to believe", () => {
    const state = policy.init();
    const random = seededRandom(5);
    const pair = () => {
      const truth = normal(random);
      return { truth, answered: [says("right", truth), says("wrong", normal(random)), says("inverted", -truth)] };
    };
    for (let n = 0; n < 300; n++) {
      const { truth, answered } = pair();
      policy.observe(state, { ...NO_CHOICE, answered }, isNumber(truth));
    }
    const { truth, answered } = pair();
    expect(numberOf(policy, state, { ...NO_CHOICE, answered })).toBeCloseTo(truth, 1);
    const [right, wrong] = policy.weights(state, members("right", "wrong", "inverted"));
    expect(right?.observations).toBe(300);
    expect(right?.weight).toBeGreaterThan(5 * (wrong?.weight ?? 1));
  });

  test("is the regression of what the mean leaves over", () => {
    const problem = fc.record({ count: fc.integer({ min: 1, max: 10 }), seed: fc.nat() });
    const plain = linearPolicy({ kind: "linear", ridge: 0.7 }, { kind: "VECTOR", size: 2 });
    fc.assert(
      fc.property(problem, ({ count, seed }) => {
        const random = seededRandom(seed);
        const state = plain.init();
        const rows: Float64Array[] = [];
        const lefts: number[] = [];
        for (let n = 0; n < count; n++) {
          const [a, b, c, d] = [normal(random), normal(random), normal(random), normal(random)];
          const truth = [normal(random), normal(random)];
          const evidence = { ...NO_CHOICE, answered: [says("x", a, b), says("y", c, d)] };
          plain.observe(state, evidence, { kind: "VECTOR", vector: truth });
          rows.push(Float64Array.of(1, a, b, c, d));
          lefts.push((truth[0] as number) - (a + c) / 2);
        }
        const right = Float64Array.from({ length: 5 }, (_, i) =>
          rows.reduce((sum, row, n) => sum + (row[i] as number) * (lefts[n] as number), 0),
        );
        const weights = denseSolve(denseOuterSum(rows, 0.7, 5), right);
        const { output } = combine(plain, state, { ...NO_CHOICE, answered: [says("y", 3, 4), says("x", 1, 2)] });
        const expected = [1, 1, 2, 3, 4].reduce((sum, value, i) => sum + value * (weights[i] as number), 2);
        expect(output.kind === "VECTOR" && output.vector[0]).toBeCloseTo(expected, 9);
      }),
    );
  });

  test("puts the mean of those that answered where a member is missing, and is less sure", () => {
    const state = policy.init();
    for (let n = 0; n < 200; n++) {
      const truth = Math.sin(n);
      policy.observe(
        state,
        { ...NO_CHOICE, answered: [says("a", truth), says("b", truth), says("c", -5)] },
        isNumber(truth),
      );
    }
    const all = combine(policy, state, { ...NO_CHOICE, answered: [says("a", 0.4), says("b", 0.4), says("c", -5)] });
    const selection = { models: ["a", "b", "c"], choice: undefined };
    const partial = policy.combine(state, [], selection, [says("b", 0.4), says("c", -5)], undefined);
    const standIn = combine(policy, state, {
      ...NO_CHOICE,
      answered: [says("a", -2.3), says("b", 0.4), says("c", -5)],
    });
    expect(partial.output).toEqual(standIn.output);
    expect(partial.agreement).toBeCloseTo((2 / 3) * standIn.agreement, 12);
    expect(all.output.kind === "NUMBER" && all.output.number).toBeCloseTo(0.4, 1);
  });

  test("takes in a model that was linked later, and keeps what it knew of the others", () => {
    const state = policy.init();
    const random = seededRandom(6);
    const learn = (count: number, ...names: string[]) => {
      for (let n = 0; n < count; n++) {
        const truth = normal(random);
        const old = says("old", 0.5 * truth + 0.1 * normal(random) - 3);
        const answered = [old, says("new", truth)].filter(({ model }) => names.includes(model));
        policy.observe(state, { ...NO_CHOICE, answered }, isNumber(truth));
      }
    };
    learn(200, "old");
    expect(state.models).toEqual(["old"]);
    expect(numberOf(policy, state, { ...NO_CHOICE, answered: [says("old", -2.5)] })).toBeCloseTo(1, 0);
    learn(1, "old", "new");
    expect(state.models).toEqual(["old", "new"]);
    expect(numberOf(policy, state, { ...NO_CHOICE, answered: [says("old", -2.5)] })).toBeCloseTo(1, 0);
    learn(200, "old", "new");
    expect(numberOf(policy, state, { ...NO_CHOICE, answered: [says("old", -2.5), says("new", 0.9)] })).toBeCloseTo(
      0.9,
      1,
    );
  });

  test("keeps to the size that a state may have, however many models come", () => {
    const wide = linearPolicy({ kind: "linear" }, { kind: "VECTOR", size: 400 });
    const state = wide.init();
    const answered = ["a", "b", "c"].map((model) => says(model, ...new Array<number>(400).fill(0.1)));
    const vector = new Array<number>(400).fill(0.3);
    expect(wide.observe(state, { ...NO_CHOICE, answered }, { kind: "VECTOR", vector })).toBe(true);
    expect(state.models).toEqual(["a", "b"]);
    expect(state.ridge?.size).toBe(801);
  });

  test("is decided only when no answer of the missing members can change the label", () => {
    const labels = linearPolicy({ kind: "linear" }, LABEL);
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    let decided = 0;
    let open = 0;
    const vote = (model: string, random: () => number, sharpness: number): Answered => {
      const raw = LABELS.map(() => Math.exp(sharpness * normal(random)));
      const sum = raw.reduce((total, value) => total + value, 0);
      return scores(model, ...raw.map((value) => value / sum));
    };
    fc.assert(
      fc.property(fc.nat(), fc.nat(40), share, (seed, count, sharpness) => {
        const random = seededRandom(seed);
        const state = labels.init();
        const asked = ["a", "b", "c"];
        for (let n = 0; n < count; n++) {
          const truth = LABELS[Math.floor(3 * random())] as string;
          const answered = [...asked, "unlinked"].map((model) => vote(model, random, 2));
          labels.observe(state, { ...NO_CHOICE, answered }, isLabel(truth));
        }
        const selection = { models: asked, choice: undefined };
        const answered = asked.slice(0, 1 + (seed % 2)).map((model) => vote(model, random, 8 * sharpness));
        const isDecided = labels.isDecided(state, [], selection, answered, undefined);
        const now = labels.combine(state, [], selection, answered, undefined).output;
        const later = outcomes(labels, state, asked, answered);
        if (isDecided) for (const label of later) expect(label).toBe(now.kind === "LABEL" && now.label);
        if (isDecided) decided += 1;
        else open += 1;
        // And it is not decided only where the corners say so, or all but.
        if (!isDecided && count > 0)
          expect(new Set(later).size === 1 ? leadOf(labels, state, asked, answered) : 0).toBeLessThan(0.05);
      }),
      { numRuns: 300 },
    );
    // Some 30 and 270 of them.
    expect(decided).toBeGreaterThan(5);
    expect(open).toBeGreaterThan(20);
  });

  /** Every answer with each of the missing members sure of a label, or missing for good. */
  function* completions(asked: readonly string[], answered: readonly Answered[]): Generator<Answered[]> {
    const missing = asked.find((model) => !answered.some((one) => one.model === model));
    if (missing === undefined) {
      yield [...answered];
      return;
    }
    const rest = asked.filter((model) => model !== missing);
    yield* completions(rest, answered);
    for (let at = 0; at < LABELS.length; at++) {
      const sure = LABELS.map((_, i) => (i === at ? 1 : 0));
      yield* completions(asked, [...answered, scores(missing, ...sure)]);
    }
  }

  function outcomes(labels: LinearPolicy, state: LinearState, asked: readonly string[], answered: readonly Answered[]) {
    return [...completions(asked, answered)].map(
      (all) => scoresOf(labels, state, { ...NO_CHOICE, answered: all }).label,
    );
  }

  function leadOf(labels: LinearPolicy, state: LinearState, asked: readonly string[], answered: readonly Answered[]) {
    const leads = [...completions(asked, answered)].map((all) => {
      const [first, second] = scoresOf(labels, state, { ...NO_CHOICE, answered: all }).scores;
      return (first?.score ?? 0) - (second?.score ?? 0);
    });
    return Math.min(...leads);
  }
});
