import { describe, expect, test } from "@jest/globals";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { ApproximateAnswers } from "../../src/caching/approximateAnswers.js";
import { ApproximateCache } from "../../src/caching/approximateCache.js";
import { CachedEvaluator } from "../../src/caching/cachedEvaluator.js";
import { ExactCache } from "../../src/caching/exactCache.js";
import type { RowOutcome } from "../../src/domain/ports.js";
import { approximateSpace } from "../../src/serving/approximateSettings.js";
import { resolveModelSettings } from "../../src/domain/modelSettings.js";
import { isFailure } from "../../src/domain/failure.js";
import { FakeClock } from "../support/fakeClock.js";
import { FakeQueue } from "../support/fakeQueue.js";
import { rowQuery } from "../support/rowQuery.js";

const SIGNATURE = {
  inputs: [{ name: "x", datatype: "FP32", shape: [2] }],
  outputs: [{ name: "scores", datatype: "FP32", shape: [2] }],
} as const;
const settings = resolveModelSettings({ approximateErrorBudget: 0.1 });
const rowOf = (...numbers: number[]) => [new Uint8Array(Float32Array.from(numbers).buffer)];

/** A model whose class changes where x0 does its sign, asked about points near (1, 0) and (-1, 0). */
function setUp() {
  const clock = new FakeClock();
  const random = seededRandom(7);
  const queue = new FakeQueue();
  const evaluator = new CachedEvaluator(new ExactCache({ capacityBytes: 1e6, clock }), queue);
  const space = approximateSpace(SIGNATURE, settings);
  if (isFailure(space)) throw new Error(space.message);
  const newAnswers = () => {
    const common = { ...space, capacityBytes: 1e6, random, clock };
    const cache = new ApproximateCache({ ...common, distance: "L2", errorBudget: 0.1 });
    return new ApproximateAnswers({ cache, clock, marginalRowMicroseconds: () => undefined });
  };
  evaluator.approximate = newAnswers();
  const ask = (x0: number, x1: number): RowOutcome => {
    const outcomes: RowOutcome[] = [];
    const asked = queue.submitted.length;
    evaluator.evaluate(rowQuery(rowOf(x0, x1), 100), (outcome) => outcomes.push(outcome));
    const output = x0 > 0 ? rowOf(1, 0) : rowOf(0, 1);
    queue.submitted[asked]?.settle({ kind: "output", output, source: "MODEL", distance: undefined, trace: undefined });
    return outcomes[0] as RowOutcome;
  };
  const near = () => ask(random() < 0.5 ? 1 : -1, random() / 100);
  return { clock, queue, evaluator, ask, near, newAnswers };
}

const sourceOf = (outcome: RowOutcome) => (outcome.kind === "output" ? outcome.source : outcome.code);

describe("an evaluator with an approximate cache", () => {
  test("asks the model until the evidence is there, then answers near inputs and says how near", () => {
    const { queue, evaluator, near } = setUp();
    const sources = Array.from({ length: 300 }, () => sourceOf(near()));
    expect(sources.slice(0, 30)).toEqual(Array.from({ length: 30 }, () => "MODEL"));
    expect(sources.slice(100)).toContain("APPROXIMATE");
    const answer = Array.from({ length: 20 }, near).find((outcome) => sourceOf(outcome) === "APPROXIMATE");
    expect(answer).toMatchObject({ distance: expect.any(Number), trace: undefined });
    const { hits, misses, audits, disagreements, radius } = evaluator.approximate?.figures ?? {};
    expect(evaluator.counters).toMatchObject({ approximateHits: hits, misses: queue.submitted.length });
    expect(queue.submitted).toHaveLength((misses ?? 0) + (audits ?? 0));
    expect([disagreements, Number(radius) < 1]).toEqual([0, true]);
    expect(audits).toBeGreaterThan(0);
  });

  test("takes the exact answer where there is one, and the model's for what is far away", () => {
    const { ask, near } = setUp();
    for (let i = 0; i < 300; i++) near();
    expect(sourceOf(ask(50, 50))).toBe("MODEL");
    expect(sourceOf(ask(50, 50))).toBe("CACHE");
  });

  test("has everything to learn when it is given a new one", () => {
    const { evaluator, near, newAnswers } = setUp();
    for (let i = 0; i < 300; i++) near();
    evaluator.invalidate();
    evaluator.approximate = newAnswers();
    expect(Array.from({ length: 30 }, () => sourceOf(near()))).not.toContain("APPROXIMATE");
  });

  test("makes no audits for a second after the model has refused a query", () => {
    const { clock, queue, evaluator, near } = setUp();
    for (let i = 0; i < 300; i++) near();
    evaluator.evaluate(rowQuery(rowOf(70, 70), 100), () => undefined);
    queue.submitted.at(-1)?.settle({ kind: "failed", code: "OVERLOADED", message: "too much" });
    const audits = () => evaluator.approximate?.figures.audits ?? 0;
    const before = audits();
    for (let i = 0; i < 300; i++) near();
    expect(audits()).toBe(before);
    clock.advance(1000);
    for (let i = 0; i < 300; i++) near();
    expect(audits()).toBeGreaterThan(before);
  });
});

describe("approximate settings", () => {
  const problem = (given: object, changes: object = {}) => {
    const space = approximateSpace({ ...SIGNATURE, ...changes }, resolveModelSettings(given));
    return isFailure(space) ? [space.path?.[0], space.got] : undefined;
  };
  const number = { outputs: [{ name: "y", datatype: "FP32", shape: [1] }] };

  test("need numbers in, and a tolerance where one number comes out", () => {
    const texts = { inputs: [{ name: "text", datatype: "BYTES", shape: [1] }] };
    expect(problem({ approximateErrorBudget: 0.1 }, texts)).toEqual([
      "approximateErrorBudget",
      expect.stringContaining('input "text" is BYTES'),
    ]);
    expect(problem({ approximateErrorBudget: 0.1 }, number)?.[0]).toBe("approximateTolerance");
    expect(problem({ approximateErrorBudget: 0.1, approximateTolerance: 1 }, number)).toBeUndefined();
  });

  test("are by evidence or by a given distance, not by both", () => {
    expect(problem({ approximateErrorBudget: 0.1, featureTolerance: 1 })?.[0]).toBe("featureTolerance");
    expect(problem({ featureTolerance: 1 }, number)).toBeUndefined();
  });
});
