import type { OutputSpec } from "../domain/application.js";
import { valuesOf } from "./combine.js";
import type { Answered } from "./correctionPolicy.js";
import { MAX_SIZE } from "./ridgeCodec.js";

/** What a prediction is regressed on. */
export interface Reading {
  /** 1 for the intercept, then the features. */
  readonly features: Float64Array;
  /** What is answered where the weights are all 0: the regression learns what is to be added. */
  readonly offset: Float64Array;
}

export interface FeatureSource {
  /** Models that stand in the features for the first time with this evidence. */
  newModels(known: readonly string[], answered: readonly Answered[]): readonly string[];
  /** For each feature of `added` more models, those that stood in for it so far: their mean did. */
  standIns(known: number, added: number): readonly (readonly number[])[];
  /** Undefined where there is nothing to regress on. `known`: the models in the features, in their order. */
  read(known: readonly string[], answered: readonly Answered[], context: Float64Array | undefined): Reading | undefined;
}

/** Numbers of an output: one for each label, one, or the vector's. */
export function outputSize(output: OutputSpec): number {
  switch (output.kind) {
    case "LABEL":
      return output.labels.length;
    case "NUMBER":
      return 1;
    case "VECTOR":
      return output.size;
  }
}

/** Over a feature model's output. Unlearned it says that all labels are alike, or 0. */
export class ContextFeatures implements FeatureSource {
  readonly #offset: Float64Array;

  constructor(output: OutputSpec) {
    const size = outputSize(output);
    this.#offset = new Float64Array(size).fill(output.kind === "LABEL" ? 1 / size : 0);
  }

  newModels(): readonly string[] {
    return [];
  }

  standIns(): readonly (readonly number[])[] {
    return [];
  }

  read(_known: unknown, _answered: unknown, context: Float64Array | undefined): Reading | undefined {
    if (context === undefined || context.length >= MAX_SIZE) return undefined;
    const features = new Float64Array(1 + context.length);
    features[0] = 1;
    features.set(context, 1);
    return { features, offset: this.#offset };
  }
}

/**
 * Over the members' outputs, one block a model in the order in which observations first named them (stacked regression:
 * Breiman, Machine Learning 24, 1996). Unlearned it answers with their mean. A member that did not answer stands in
 * with the mean of those that did.
 */
export class MemberFeatures implements FeatureSource {
  readonly #size: number;

  constructor(output: OutputSpec) {
    this.#size = outputSize(output);
  }

  /** As many as there is room for; the others only count in the mean. */
  newModels(known: readonly string[], answered: readonly Answered[]): readonly string[] {
    const room = Math.floor((MAX_SIZE - 1) / this.#size) - known.length;
    const fresh = this.#usable(answered).map(({ model }) => model);
    return fresh.filter((model, i) => !known.includes(model) && fresh.indexOf(model) === i).slice(0, Math.max(0, room));
  }

  standIns(known: number, added: number): readonly (readonly number[])[] {
    return Array.from({ length: added * this.#size }, (_, i) =>
      Array.from({ length: known }, (_, block) => 1 + block * this.#size + (i % this.#size)),
    );
  }

  read(known: readonly string[], answered: readonly Answered[]): Reading | undefined {
    const usable = this.#usable(answered);
    if (usable.length === 0) return undefined;
    const offset = this.#mean(usable);
    const features = new Float64Array(1 + known.length * this.#size);
    features[0] = 1;
    known.forEach((name, i) => {
      const own = usable.find(({ model }) => model === name);
      features.set(own === undefined ? offset : valuesOf(own.output), 1 + i * this.#size);
    });
    return { features, offset };
  }

  #usable(answered: readonly Answered[]): readonly Answered[] {
    return answered.filter(({ output }) => valuesOf(output).length === this.#size);
  }

  #mean(answered: readonly Answered[]): Float64Array {
    const mean = new Float64Array(this.#size);
    for (const { output } of answered) {
      const values = valuesOf(output);
      for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] as number) + (values[i] as number) / answered.length;
    }
    return mean;
  }
}
