import type { MemberOutput } from "../../src/domain/prediction.js";
import type { LearningData } from "./learningData.js";

/** Items of real data with their true labels and what each of several models says of them. */
export class ScoredItems {
  readonly models: readonly string[];
  readonly labels: readonly string[];
  readonly count: number;
  readonly #scores: readonly MemberOutput[];
  readonly #truths: Int32Array;

  constructor(scores: Float32Array, [models, count, labels]: readonly [number, number, number], truths: Int32Array) {
    this.models = Array.from({ length: models }, (_, i) => `model-${i + 1}`);
    this.labels = Array.from({ length: labels }, (_, i) => String(i));
    this.count = count;
    this.#truths = truths;
    this.#scores = Array.from({ length: models * count }, (_, i) => ({
      kind: "SCORES",
      scores: Float64Array.from(scores.subarray(i * labels, (i + 1) * labels)),
    }));
  }

  scoresOf(model: number, item: number): MemberOutput {
    return this.#scores[model * this.count + item] as MemberOutput;
  }

  truthOf(item: number): string {
    return this.labels[this.#truths[item] as number] as string;
  }

  isRight(output: MemberOutput, item: number): boolean {
    return output.kind === "SCORES" && this.labels[indexOfLargest(output.scores)] === this.truthOf(item);
  }

  /** Share of these items about which the model is wrong. */
  errorOf(model: number, items: Iterable<number>): number {
    let wrong = 0;
    let all = 0;
    for (const item of items) {
      all += 1;
      if (!this.isRight(this.scoresOf(model, item), item)) wrong += 1;
    }
    return wrong / all;
  }
}

function indexOfLargest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}

/** `name`: "mnist" or "bbc". */
export async function readScoredItems(data: LearningData, name: string): Promise<ScoredItems> {
  const { shape, values } = await data.floats(`${name}-scores`);
  return new ScoredItems(
    values as Float32Array,
    shape as readonly [number, number, number],
    await data.integers(`${name}-labels`),
  );
}
