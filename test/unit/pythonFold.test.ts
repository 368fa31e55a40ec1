import { expect, test } from "@jest/globals";
import { normal, seededRandom } from "../../bench/simulation/seededRandom.js";
import type { Answered, Evidence } from "../../src/correction/correctionPolicy.js";
import { FixedShare } from "../../src/correction/fixedShare.js";
import { linearPolicy } from "../../src/correction/linearPolicy.js";
import type { LinearState } from "../../src/correction/linearState.js";
import { newLosses } from "../../src/correction/losses.js";
import type { ModelTable } from "../../src/correction/modelTable.js";
import { weightsOf } from "../../src/correction/ridge.js";
import { VotingPolicy } from "../../src/correction/votingPolicy.js";
import type { CorrectionPolicy } from "../../src/correction/correctionPolicy.js";
import type { OutputSpec } from "../../src/domain/application.js";
import type { EnsembleSpec, LinearSpec } from "../../src/domain/policySpec.js";
import type { Truth } from "../../src/domain/storePorts.js";
import { withPython } from "../support/pythonOracle.js";

const LABEL: OutputSpec = { kind: "LABEL", labels: ["cat", "dog", "owl"] };
const MODELS = ["a", "b", "c"];

interface Logged {
  readonly entity: string | null;
  readonly answered: readonly { readonly model: string; readonly values: number[] }[];
  readonly context: number[] | null;
  readonly truth: Truth;
}

/** Models come one after the other, miss answers, and the truth has outliers. */
function randomLog(output: OutputSpec, count: number, seed: number): Logged[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, n) => {
    const models = MODELS.filter((_, i) => n >= 8 * i && random() < 0.8);
    const entity = random() < 0.2 ? null : `user ${Math.floor(4 * random())}`;
    const context = [normal(random), normal(random)];
    return { entity, context, ...sample(output, models, random) };
  });
}

function sample(
  output: OutputSpec,
  models: readonly string[],
  random: () => number,
): Pick<Logged, "answered" | "truth"> {
  if (output.kind === "LABEL") {
    const right = Math.floor(3 * random());
    const answered = models.map((model, i) => {
      const best = random() < 0.9 - 0.3 * i ? right : Math.floor(3 * random());
      return { model, values: [0, 1, 2].map((label) => (label === best ? 0.8 : 0.1)) };
    });
    return { answered, truth: { kind: "LABEL", label: output.labels[right] as string } };
  }
  const right = normal(random);
  const answered = models.map((model, i) => ({ model, values: [right + 0.3 * (i + 1) * normal(random)] }));
  return { answered, truth: { kind: "NUMBER", number: random() < 0.04 ? right * 1000 : right } };
}

function evidenceOf(output: OutputSpec, { answered, context }: Logged): Evidence {
  return {
    answered: answered.map(({ model, values }): Answered => {
      const numbers = Float64Array.from(values);
      return {
        model,
        output: output.kind === "LABEL" ? { kind: "SCORES", scores: numbers } : { kind: "NUMBERS", numbers },
      };
    }),
    choice: undefined,
    context: context === null ? undefined : Float64Array.from(context),
  };
}

/** Each entity is born just before its first observation. */
function fold<State>(
  policy: CorrectionPolicy<State>,
  output: OutputSpec,
  log: readonly Logged[],
  before: (population: State, n: number) => void = () => undefined,
): Map<string, State> {
  const population = policy.init();
  const states = new Map([["", population]]);
  for (const [n, row] of log.entries()) {
    before(population, n);
    const entity = row.entity === null ? undefined : (states.get(row.entity) ?? policy.inherit(population));
    if (row.entity !== null && entity !== undefined) {
      states.set(row.entity, entity);
      policy.observe(entity, evidenceOf(output, row), row.truth);
    }
    policy.observe(population, evidenceOf(output, row), row.truth);
  }
  return states;
}

interface Recomputed<State> {
  readonly population: State;
  readonly entities: Readonly<Record<string, State>>;
}

function statesOf<State>({ population, entities }: Recomputed<State>): Map<string, State> {
  return new Map([["", population], ...Object.entries(entities)]);
}

await withPython("states recomputed by another program from the log alone", (oracle) => {
  test.each<EnsembleSpec>([{ kind: "ensemble" }, { kind: "ensemble", eta: 0.7, share: 0.05 }])(
    "are those of fixed-share Hedge %p",
    async (spec) => {
      const log = randomLog(LABEL, 200, 1);
      const losses = newLosses({ kind: "ZERO_ONE" }, LABEL);
      const policy = new VotingPolicy(new FixedShare(spec), { output: LABEL, combination: "SCORES", losses });
      const answer = await oracle("fold.py", { policy: spec, output: LABEL }, ...log);
      const recomputed = statesOf(
        answer as Recomputed<{ time: number; weights: Record<string, number>; observations: unknown }>,
      );
      const own: Map<string, ModelTable> = fold(policy, LABEL, log);
      expect([...recomputed.keys()].sort()).toEqual([...own.keys()].sort());
      for (const [entity, state] of own) {
        const right = recomputed.get(entity);
        const report = policy.weights(
          state,
          state.names.map((model) => ({ model, weight: 1 })),
        );
        expect(state.time).toBe(right?.time);
        for (const { model, weight, observations } of report) {
          expect(weight).toBeCloseTo(right?.weights[model] ?? NaN, 11);
          expect(right?.observations).toMatchObject({ [model]: observations });
        }
      }
    },
  );

  test.each<[LinearSpec, OutputSpec]>([
    [{ kind: "linear" }, LABEL],
    [{ kind: "linear" }, { kind: "NUMBER" }],
    [{ kind: "linear", featureModel: "f", forgetting: 0.97 }, { kind: "NUMBER" }],
    [{ kind: "linear", featureModel: "f", ridge: 0.2 }, LABEL],
    [{ kind: "linear", forgetting: 0.9, ridge: 3 }, LABEL],
    [{ kind: "linear", strength: 2 }, LABEL],
    [{ kind: "linear", featureModel: "f", strength: 0.5, forgetting: 0.97 }, { kind: "NUMBER" }],
  ])("are those of ridge regression %p for %p", async (spec, output) => {
    const log = randomLog(output, 200, 2);
    const answer = await oracle("fold.py", { policy: spec, output }, ...log);
    const recomputed = statesOf(answer as Recomputed<{ models: string[]; observations: number; weights: number[][] }>);
    const own: Map<string, LinearState> = fold(linearPolicy(spec, output), output, log);
    expect([...recomputed.keys()].sort()).toEqual([...own.keys()].sort());
    for (const [entity, { models, ridge }] of own) {
      const right = recomputed.get(entity);
      expect([models, ridge?.observations]).toEqual([right?.models, right?.observations]);
      const weights = ridge === undefined ? [] : [...weightsOf(ridge)];
      expect(weights).toHaveLength(right?.weights.flat().length ?? NaN);
      right?.weights.flat().forEach((value, i) => expect(weights[i]).toBeCloseTo(value, 8));
    }
  });

  test.each<LinearSpec>([
    { kind: "linear", featureModel: "f" },
    { kind: "linear", featureModel: "f", strength: 2 },
  ])("of entities that are born after a prior begin with it: %p", async (spec) => {
    const output = { kind: "NUMBER" } as const;
    const log = randomLog(output, 120, 4).map((row, n) => ({ ...row, entity: n < 60 ? "early" : "late" }));
    const prior = { models: [], entities: 3, mean: [0.5, -1, 2], precision: [4, 9, 0.25] };
    const lines = [...log.slice(0, 60), { prior }, ...log.slice(60)];
    const answer = await oracle("fold.py", { policy: spec, output }, ...lines);
    const recomputed = statesOf(answer as Recomputed<{ models: string[]; observations: number; weights: number[][] }>);
    const policy = linearPolicy(spec, output);
    const own = fold(policy, output, log, (population, n) => {
      if (n === 60) policy.sharedPrior.adopt(population, prior);
    });
    for (const [entity, { ridge }] of own) {
      const weights = ridge === undefined ? [] : [...weightsOf(ridge)];
      recomputed
        .get(entity)
        ?.weights.flat()
        .forEach((value, i) => expect(weights[i]).toBeCloseTo(value, 8));
    }
    const [without] = statesOf(
      (await oracle("fold.py", { policy: spec, output }, ...log)) as Recomputed<{ weights: number[][] }>,
    ).get("late")?.weights ?? [[]];
    expect(without).not.toEqual(recomputed.get("late")?.weights[0]);
  });

  test("begin where the population was at a moment that the log names", async () => {
    const log = randomLog(LABEL, 60, 3).map((row, n) => ({ ...row, entity: n < 59 ? null : "late" }));
    const ask = async (...births: unknown[]) => {
      const answer = await oracle("fold.py", { policy: { kind: "linear" }, output: LABEL }, ...births, ...log);
      return (answer as Recomputed<{ observations: number; weights: number[][] }>).entities["late"];
    };
    const spoken = await ask({ entity: "late", bornAfter: 59 });
    expect(spoken).toEqual(await ask());
    const early = await ask({ entity: "late", bornAfter: 30 });
    expect(early?.observations).toBe(1);
    expect(early?.weights).not.toEqual(spoken?.weights);
  });
});
