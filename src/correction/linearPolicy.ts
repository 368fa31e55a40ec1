import type { Output, OutputSpec } from "../domain/application.js";
import type { LinearSpec } from "../domain/policySpec.js";
import type { Truth } from "../domain/storePorts.js";
import { nearestProbabilities } from "../lib/simplex.js";
import { combineVotes, isLabelDecided, labelAnswer } from "./combine.js";
import type { Votes } from "./combine.js";
import type {
  Answered,
  Combined,
  Conditioning,
  CorrectionPolicy,
  Evidence,
  PolicyMember,
  Selection,
  SharedPrior,
  TargetWeights,
  WeightReport,
} from "./correctionPolicy.js";
import { linearConditioning } from "./linearConditioning.js";
import { isLabelSure } from "./linearDecision.js";
import { ContextFeatures, MemberFeatures, outputSize } from "./linearFeatures.js";
import type { FeatureSource, Reading } from "./linearFeatures.js";
import { linearPriors, priorAtBirth } from "./linearPrior.js";
import { meanPrecision, precisionOf } from "./linearStrength.js";
import { decodeLinear, encodeLinear } from "./linearState.js";
import type { LinearState } from "./linearState.js";
import { bestIndex } from "./losses.js";
import { isUsable, newRidge, observe, predict, varianceOf, weightsOf } from "./ridge.js";
import type { RidgeOptions, RidgeState } from "./ridge.js";
import { extend } from "./ridgeRefit.js";
import { MAX_TARGETS, unencodedRidgeBytes } from "./ridgeCodec.js";

const RIDGE = 1;

/** A state that knows weights, and features that they are for. */
interface Regressed extends Reading {
  readonly ridge: RidgeState;
}

/**
 * Ridge regression per entity, shrunk to the population (Crankshaw et al., "The missing piece in complex analytics:
 * low latency, scalable model management and serving with Velox", CIDR 2015, section 4.2), on the output of a feature
 * model, or on all members' outputs. A number or each element of a vector is one target; of labels each is one, 1 where
 * it is the truth and else 0 (one-vs-rest), so that the least squares estimate its probability; what is answered is the
 * nearest of all probabilities. All targets share one matrix.
 *
 * Over a feature model no member is asked while its output is there and something was learned; else all members are, and
 * vote alike. Without members, too, the answer is what is known without features: the intercept's, with agreement 0.
 */
export class LinearPolicy implements CorrectionPolicy<LinearState> {
  readonly kind = "linear";
  readonly isPersonal = true;
  readonly answersFromFeatures = true;
  readonly sharedPrior: SharedPrior<LinearState> = linearPriors;
  readonly conditioning: Conditioning<LinearState> = linearConditioning;
  readonly featureModel: string | undefined;
  readonly #output: OutputSpec;
  readonly #source: FeatureSource;
  readonly #options: RidgeOptions;
  readonly #precision: number;
  readonly #strength: number | undefined;

  constructor(spec: LinearSpec, output: OutputSpec) {
    this.featureModel = spec.featureModel;
    this.#output = output;
    this.#source = spec.featureModel === undefined ? new MemberFeatures(output) : new ContextFeatures(output);
    this.#options = { forgetting: spec.forgetting ?? 1, clipsResiduals: output.kind !== "LABEL" };
    this.#precision = spec.ridge ?? RIDGE;
    this.#strength = spec.ridge === undefined ? spec.strength : undefined;
  }

  init(): LinearState {
    return { models: [], ridge: undefined, entityPrior: undefined };
  }

  /** Scales of residuals come along too, so that an entity's first outlier is known for one. */
  inherit({ models, ridge, entityPrior }: LinearState): LinearState {
    if (ridge === undefined) return this.init();
    const precision = this.#strength === undefined ? this.#precisions(ridge.size) : precisionOf(ridge, this.#strength);
    const born = newRidge(ridge.targets, priorAtBirth(ridge, entityPrior, precision));
    const scales = ridge.scales.map((scale) => ({ ...scale }));
    return { models: models.slice(), ridge: { ...born, scales }, entityPrior: undefined };
  }

  select(state: LinearState, members: readonly PolicyMember[], context: Float64Array | undefined): Selection {
    const needsMembers = this.featureModel === undefined || this.#regressed(state, [], context) === undefined;
    return { models: needsMembers ? members.map(({ model }) => model) : [], choice: undefined };
  }

  combine(
    state: LinearState,
    _members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
    context: Float64Array | undefined,
  ): Combined {
    const presentShare = selection.models.length === 0 ? 1 : answered.length / selection.models.length;
    const regressed = this.#regressed(state, answered, context);
    if (regressed !== undefined) return this.#answer(regressed, presentShare);
    if (answered.length > 0) return this.#vote(selection, answered);
    return { ...this.#answer(this.#withoutFeatures(state), 0), agreement: 0 };
  }

  isDecided(
    state: LinearState,
    _members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
    context: Float64Array | undefined,
  ): boolean {
    const missing = selection.models.filter((model) => !answered.some((one) => one.model === model));
    if (missing.length === 0) return true;
    if (this.#output.kind !== "LABEL" || answered.length === 0) return false;
    const regressed = this.#regressed(state, answered, context);
    if (regressed === undefined)
      return isLabelDecided(outputSize(this.#output), "SCORES", votesOf(selection, answered));
    if (this.featureModel !== undefined) return true;
    const scores = this.#scores(regressed);
    const { ridge, offset } = regressed;
    return isLabelSure({ ...state, ridge }, selection.models, missing, scores, bestIndex(scores), offset);
  }

  observe(state: LinearState, { answered, context }: Evidence, truth: Truth): boolean {
    const targets = this.#targetsOf(truth);
    const fresh = this.#source.newModels(state.models, answered);
    const models = [...state.models, ...fresh];
    const reading = this.#source.read(models, answered, context);
    if (targets === undefined || reading === undefined) return false;
    const { features, offset } = reading;
    const wanted = targets.map((target, i) => target - (offset[i] as number));
    if (!isUsable(features, wanted)) return false;
    // Only members' outputs may become more.
    if (state.ridge !== undefined && fresh.length === 0 && features.length !== state.ridge.size) return false;
    const ridge = this.#fit(state, fresh.length, features.length);
    state.models = models;
    state.ridge = ridge;
    return observe(ridge, features, wanted, this.#options);
  }

  encode(state: LinearState): Uint8Array {
    return encodeLinear(state);
  }

  decode(bytes: Uint8Array): LinearState {
    const state = decodeLinear(bytes);
    const targets = outputSize(this.#output);
    if (state.ridge === undefined || state.ridge.targets === targets) return state;
    throw new RangeError(`state of ${state.ridge.targets} targets, expected ${targets}`);
  }

  unencodedBytes({ ridge }: LinearState): number {
    return ridge === undefined ? 0 : unencodedRidgeBytes(ridge);
  }

  /** The length of the weights that multiply a model's outputs, its part in the mean included; 0 for fallbacks. */
  weights(state: LinearState, members: readonly PolicyMember[]): readonly WeightReport[] {
    const lengths = members.map(({ model }) => this.#influence(state, model, members.length));
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const observations = state.ridge?.observations ?? 0;
    return members.map(({ model }, i) => {
      const weight = total === 0 ? 0 : (lengths[i] as number) / total;
      return { model, weight, observations };
    });
  }

  /** A label's intercept has in it what is answered where the weights are all 0. */
  regression({ ridge }: LinearState): readonly TargetWeights[] {
    if (ridge === undefined || this.featureModel === undefined) return [];
    const { targets, size } = ridge;
    const weights = weightsOf(ridge);
    const labels = this.#output.kind === "LABEL" ? this.#output.labels : undefined;
    return Array.from({ length: targets }, (_, target) => ({
      label: labels?.[target],
      intercept: (labels === undefined ? 0 : 1 / targets) + (weights[target * size] as number),
      weights: weights.slice(target * size + 1, (target + 1) * size),
    }));
  }

  #fit({ models, ridge }: LinearState, added: number, size: number): RidgeState {
    if (ridge === undefined) {
      const targets = outputSize(this.#output);
      return newRidge(targets, { mean: new Float64Array(targets * size), precision: this.#precisions(size) });
    }
    if (added > 0) extend(ridge, this.#precisionsBeside(ridge, size), this.#source.standIns(models.length, added));
    return ridge;
  }

  /** Of features that come behind those of `ridge`. */
  #precisionsBeside(ridge: RidgeState, size: number): Float64Array {
    const added = this.#precisions(size - ridge.size);
    return this.#strength === undefined ? added : added.fill(meanPrecision(ridge));
  }

  #precisions(size: number): Float64Array {
    return new Float64Array(size).fill(this.#precision);
  }

  /** Undefined where nothing was learned of such features. */
  #regressed(
    { models, ridge }: LinearState,
    answered: readonly Answered[],
    context: Float64Array | undefined,
  ): Regressed | undefined {
    if (ridge === undefined) return undefined;
    const reading = this.#source.read(models, answered, context);
    if (reading?.features.length !== ridge.size) return undefined;
    return isUsable(reading.features, reading.offset) ? { ridge, ...reading } : undefined;
  }

  #withoutFeatures({ ridge }: LinearState): Regressed {
    const targets = outputSize(this.#output);
    const nothing = ridge ?? newRidge(targets, { mean: new Float64Array(targets), precision: Float64Array.of(1) });
    const features = new Float64Array(nothing.size);
    features[0] = 1;
    return { ridge: nothing, features, offset: new Float64Array(targets) };
  }

  #scores({ ridge, features, offset }: Regressed): Float64Array {
    return offset.map((value, target) => value + predict(ridge, features, target));
  }

  /** The less is known of such features, the nearer is the agreement to that of a guess. */
  #answer(regressed: Regressed, presentShare: number): Combined {
    const scores = this.#scores(regressed);
    const sureness = 1 / Math.sqrt(1 + varianceOf(regressed.ridge, regressed.features));
    if (this.#output.kind !== "LABEL") {
      return { output: numericOutput(this.#output, scores), agreement: presentShare * sureness, choice: undefined };
    }
    const probabilities = nearestProbabilities(scores);
    const { labels } = this.#output;
    const best = bestIndex(scores);
    const guess = 1 / labels.length;
    const agreement = presentShare * (guess + ((probabilities[best] as number) - guess) * sureness);
    return { output: labelAnswer(labels, best, probabilities, 1).output, agreement, choice: undefined };
  }

  #vote(selection: Selection, answered: readonly Answered[]): Combined {
    const combination = this.#output.kind === "LABEL" ? "SCORES" : "MEAN";
    return { choice: undefined, ...combineVotes(this.#output, combination, votesOf(selection, answered)) };
  }

  #targetsOf(truth: Truth): Float64Array | undefined {
    const size = outputSize(this.#output);
    if (truth.kind !== this.#output.kind || size > MAX_TARGETS) return undefined;
    if (truth.kind === "NUMBER") return Float64Array.of(truth.number);
    if (truth.kind === "VECTOR") return truth.vector.length === size ? Float64Array.from(truth.vector) : undefined;
    return this.#output.kind === "LABEL" ? oneOf(this.#output.labels, truth.label) : undefined;
  }

  #influence({ models, ridge }: LinearState, model: string, members: number): number {
    if (this.featureModel !== undefined) return 0;
    const size = outputSize(this.#output);
    const block = models.indexOf(model);
    let squares = 0;
    for (let target = 0; target < size; target++) {
      for (let i = 0; i < size; i++) {
        const learned = ridge && block >= 0 ? weightsOf(ridge)[target * ridge.size + 1 + block * size + i] : 0;
        squares += ((i === target ? 1 / members : 0) + (learned ?? 0)) ** 2;
      }
    }
    return Math.sqrt(squares);
  }
}

export function linearPolicy(spec: LinearSpec, output: OutputSpec): LinearPolicy {
  return new LinearPolicy(spec, output);
}

function oneOf(labels: readonly string[], label: string): Float64Array | undefined {
  const at = labels.indexOf(label);
  return at < 0 ? undefined : Float64Array.from(labels, (_, i) => (i === at ? 1 : 0));
}

function votesOf(selection: Selection, answered: readonly Answered[]): Votes {
  return {
    outputs: answered.map(({ output }) => output),
    weights: new Float64Array(answered.length).fill(1),
    missingWeight: Math.max(0, selection.models.length - answered.length),
  };
}

function numericOutput(output: OutputSpec, values: Float64Array): Output {
  return output.kind === "VECTOR"
    ? { kind: "VECTOR", vector: values }
    : { kind: "NUMBER", number: values[0] as number };
}
