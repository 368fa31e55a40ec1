import type { Application, Output, OutputSpec } from "../domain/application.js";
import type { MemberOutput, PredictionSet } from "../domain/prediction.js";
import type { ReplayedRange } from "../domain/learningPorts.js";
import { featuresLearned } from "../domain/policySpec.js";
import type { SkipReason } from "../domain/replayPorts.js";
import type { Truth } from "../domain/storePorts.js";
import { ByteReader, ByteWriter } from "../lib/byteCursor.js";
import { Adaptation } from "./adaptation.js";
import { Adwin } from "./adwin.js";
import { ConfidenceCalibration } from "./calibration.js";
import { AdaptiveConformal, conformityScore, labelSet } from "./conformal.js";
import type { LearnedPolicy, PolicyState } from "./erasedPolicy.js";
import { answeredAgain, isFull } from "./answeredAgain.js";
import type { Replayed } from "./answeredAgain.js";
import { isOfOtherFeatures, lessonOf } from "./evidence.js";
import type { Drift, Finding, Folding, Lesson, RowPlace } from "./folding.js";
import type { Conditioning, SharedPrior } from "./correctionPolicy.js";
import { newLosses } from "./losses.js";
import type { Losses } from "./losses.js";
import { ModelDrifts } from "./modelDrifts.js";
import { newPolicy } from "./newPolicy.js";
import { PageHinkley } from "./pageHinkley.js";

const LAYOUT = 3;
/** As it was before it was watched whether a change is made up for. */
const LAYOUT_WITHOUT_ADAPTATION = 2;
/** As it was before losses were counted by themselves, and models watched. */
const LAYOUT_WITHOUT_MODELS = 1;
/** Of prediction sets, where the application states none. */
export const DEFAULT_COVERAGE = 0.9;
/** Observations of a state, after a change that was told, within which another one is only counted. */
const QUIET_OBSERVATIONS = 200;

/*
 * Objects that are made for each observation have what is spread last: see docs/performance.md, "One shape an object".
 */

/** All that is learned of one application for the population, or for one entity. */
export interface LearnedState {
  readonly policy: PolicyState;
  /** Observations folded in. */
  observations: number;
  /** Of the answers' losses, and how many of them are known. */
  lossSum: number;
  losses: number;
  /** Changes of the losses' mean that were noticed; when the last one was, in observations. */
  drifts: number;
  lastDriftAt: number;
  /** The last of them that was told of. */
  toldDriftAt: number;
  /** Of the population alone: what is learned of its answers as a whole. */
  readonly answers: AnswerTrackers | undefined;
  /** Of an entity alone. */
  readonly change: PageHinkley | undefined;
}

/** What is learned of an application's answers, whoever they were for. */
export interface AnswerTrackers {
  readonly calibration: ConfidenceCalibration;
  readonly conformal: AdaptiveConformal;
  readonly drift: Adwin;
  readonly models: ModelDrifts;
  readonly adaptation: Adaptation;
}

/** How an application's observations are learned by one of its policy versions. */
export type LearningUse = Pick<Application, "policy" | "loss" | "output"> & {
  readonly replay?: ReplayUse | undefined;
};

/** What of the log a version learns as if it had answered itself. */
export interface ReplayUse extends ReplayedRange {
  /** Whose features come from where this one's do. */
  readonly contextVersions: ReadonlySet<number>;
  /** Of the linked models. */
  readonly weights: ReadonlyMap<string, number>;
}

/** What became of a row: skipped, or learned; the loss of what this policy answered, where that can be told. */
export type FoldedRow = SkipReason | { readonly loss: number | undefined };

export interface ReplayFolding extends Folding<LearnedState> {
  /** `observe` that says what it did. The loss is of the answer from before it learned. */
  fold(state: LearnedState, lesson: Lesson): FoldedRow;
  /** Of the answer that was given. */
  lossOf(lesson: Lesson): number | undefined;
}

export function newFolding(use: LearningUse): ReplayFolding {
  return new StateFolding(use);
}

class StateFolding implements ReplayFolding {
  readonly #policy: LearnedPolicy;
  readonly #losses: Losses;
  readonly #output: OutputSpec;
  readonly #featuresLearned: string | undefined;
  readonly #replay: ReplayUse | undefined;

  constructor({ policy, loss, output, replay }: LearningUse) {
    this.#policy = newPolicy({ policy, loss, output });
    this.#losses = newLosses(loss, output);
    this.#output = output;
    this.#featuresLearned = featuresLearned(policy);
    this.#replay = replay;
  }

  get isPersonal(): boolean {
    return this.#policy.isPersonal;
  }

  get sharedPrior(): SharedPrior<LearnedState> | undefined {
    const prior = this.#policy.sharedPrior;
    return (
      prior && {
        estimate: (entities) => prior.estimate(entities.map(({ policy }) => policy)),
        estimating: (entities) => prior.estimating(entities.map(({ policy }) => policy)),
        adopt: (population, content) => prior.adopt(population.policy, content),
        refit: (entity, content) => prior.refit(entity.policy, content),
      }
    );
  }

  get conditioning(): Conditioning<LearnedState> | undefined {
    const conditioning = this.#policy.conditioning;
    return (
      conditioning && {
        condition: ({ policy }) => conditioning.condition(policy),
        isIll: ({ policy }) => conditioning.isIll(policy),
        strengthen: (birth, { policy }) => conditioning.strengthen(birth.policy, policy),
      }
    );
  }

  init(): LearnedState {
    const answers = {
      calibration: new ConfidenceCalibration(),
      conformal: new AdaptiveConformal(),
      drift: new Adwin(),
      models: new ModelDrifts(),
      adaptation: new Adaptation(),
    };
    return { policy: this.#policy.init(), answers, change: undefined, ...NOTHING_YET };
  }

  inherit(population: LearnedState): LearnedState {
    const policy = this.#policy.inherit(population.policy);
    return { policy, answers: undefined, change: new PageHinkley(), ...NOTHING_YET };
  }

  read(truth: Truth, evidence: unknown, place?: RowPlace): Lesson | undefined {
    if (isOfOtherFeatures(this.#featuresLearned, evidence)) return undefined;
    const read = lessonOf(this.#output, truth, evidence);
    const replay = this.#replay;
    if (read === undefined || place === undefined) return read;
    const { seq, policyVersion, entity } = place;
    const lesson = { entity, ...read };
    if (replay === undefined) return lesson;
    if (seq <= replay.afterSeq || seq > replay.untilSeq) return lesson;
    const hasContext = replay.contextVersions.has(policyVersion);
    return { replayed: { seq, hasContext, weights: replay.weights }, ...lesson };
  }

  observe(state: LearnedState, lesson: Lesson): readonly Finding[] {
    const { replayed } = lesson;
    if (replayed === undefined) return this.#learn(state, lesson).findings;
    const own = this.#answeredAgain(state, lesson, replayed);
    return typeof own === "string" ? NO_FINDINGS : this.#learn(state, own).findings;
  }

  fold(state: LearnedState, lesson: Lesson): FoldedRow {
    const { replayed } = lesson;
    if (replayed === undefined) return { loss: this.#learn(state, lesson).loss };
    const own = this.#answeredAgain(state, lesson, replayed);
    if (typeof own === "string") return own;
    const { loss } = this.#learn(state, own);
    // Of a choice it is not known what this policy would have chosen.
    return { loss: isFull(lesson) ? loss : undefined };
  }

  lossOf({ answer, truth }: Lesson): number | undefined {
    return answer && (this.#losses.ofReward(truth) ?? this.#losses.ofOutput(answer.output, truth));
  }

  #answeredAgain({ policy }: LearnedState, lesson: Lesson, replayed: Replayed): Lesson | SkipReason {
    const own = answeredAgain(this.#policy, this.#output, policy, lesson, replayed);
    if (typeof own === "string") return own;
    return this.lossOf(lesson) === undefined && this.lossOf(own) === undefined ? "NO_LOSS" : own;
  }

  /** The loss of the answer, and what is to be told. */
  #learn(
    state: LearnedState,
    lesson: Lesson,
  ): { readonly loss: number | undefined; readonly findings: readonly Finding[] } {
    const { evidence, answer, truth } = lesson;
    state.observations += 1;
    const loss = this.lossOf(lesson);
    const ofAnswer = answer === undefined ? NO_FINDINGS : this.#observeAnswer(state, answer, lesson);
    const inModels = state.answers === undefined ? [] : this.#observeModels(state, state.answers, evidence, truth);
    this.#policy.observe(state.policy, evidence, truth);
    return { loss, findings: ofAnswer.length === 0 ? inModels : [...ofAnswer, ...inModels] };
  }

  #observeModels(
    { observations }: LearnedState,
    { models }: AnswerTrackers,
    { answered }: Lesson["evidence"],
    truth: Truth,
  ): readonly Finding[] {
    let drifts: readonly Finding[] = NO_FINDINGS;
    for (const { model, output } of answered) {
      const loss = this.#losses.ofOutput(output, truth);
      const change = loss === undefined ? undefined : models.update(model, loss, observations, QUIET_OBSERVATIONS);
      if (change !== undefined) drifts = [...drifts, { detector: "PAGE_HINKLEY", model, ...change }];
    }
    return drifts;
  }

  /** Gives what is to be told. */
  #observeAnswer(
    state: LearnedState,
    { output, agreement }: NonNullable<Lesson["answer"]>,
    { truth, entity }: Lesson,
  ): readonly Finding[] {
    const loss = this.#losses.ofReward(truth) ?? this.#losses.ofOutput(output, truth);
    if (loss === undefined) return NO_FINDINGS;
    state.lossSum += loss;
    state.losses += 1;
    const { answers, change } = state;
    answers?.calibration.observe(agreement, 1 - loss);
    const score = answers && conformityScore(outputOf(this.#output, output), truth);
    if (score !== undefined) answers?.conformal.observe(score);
    const hasChanged = answers?.drift.update(loss) ?? change?.update(loss) ?? false;
    const drift = hasChanged ? noticed(state) : undefined;
    const learner = this.#policy.isPersonal ? entity : undefined;
    const adapted = answers?.adaptation.update(loss, learner, hasChanged ? answers.drift.lastChange : undefined);
    return drift === undefined && adapted === undefined
      ? NO_FINDINGS
      : [drift, adapted].filter((one) => one !== undefined);
  }

  encode(state: LearnedState): Uint8Array {
    const { policy, answers, change } = state;
    const to = new ByteWriter().uint8(LAYOUT).float64(state.observations).float64(state.lossSum).float64(state.losses);
    to.float64(state.drifts).float64(state.lastDriftAt).float64(state.toldDriftAt);
    to.uint8(answers === undefined ? 0 : 1);
    const { calibration, conformal, drift, models, adaptation } = answers ?? {};
    if (change !== undefined) to.part(change);
    for (const part of [calibration, conformal, drift, models, adaptation]) {
      if (part !== undefined) writePart(to, part.encode());
    }
    writePart(to, this.#policy.encode(policy));
    return to.take();
  }

  unencodedBytes({ policy }: LearnedState): number {
    return this.#policy.unencodedBytes?.(policy) ?? 0;
  }

  decode(bytes: Uint8Array): LearnedState {
    const from = new ByteReader(bytes);
    const layout = from.uint8();
    if (layout !== LAYOUT && layout !== LAYOUT_WITHOUT_ADAPTATION && layout !== LAYOUT_WITHOUT_MODELS) {
      throw new RangeError(`learned state with layout ${layout}, expected ${LAYOUT}`);
    }
    const counts = readCounts(from, layout);
    const isPopulation = from.uint8() === 1;
    const answers = isPopulation ? readTrackers(from, layout) : undefined;
    const change = isPopulation ? undefined : PageHinkley.decodeFrom(from.part());
    const policy = this.#policy.decode(readPart(from));
    from.end();
    return { policy, answers, change, ...counts };
  }
}

const NOTHING_YET = { observations: 0, lossSum: 0, losses: 0, drifts: 0, lastDriftAt: 0, toldDriftAt: 0 };
/** Shared, since most observations find none. */
const NO_FINDINGS: readonly Finding[] = [];

/** A detector has fired: counted, and to be told unless one was told of just before. */
function noticed(state: LearnedState): Drift | undefined {
  const { answers, change, observations, toldDriftAt } = state;
  state.drifts += 1;
  state.lastDriftAt = observations;
  if (toldDriftAt > 0 && observations - toldDriftAt < QUIET_OBSERVATIONS) return undefined;
  state.toldDriftAt = observations;
  const found = (answers?.drift ?? change)?.lastChange;
  return found && { detector: answers === undefined ? "PAGE_HINKLEY" : "ADWIN", model: undefined, ...found };
}

function readCounts(from: ByteReader, layout: number): typeof NOTHING_YET {
  const isOld = layout === LAYOUT_WITHOUT_MODELS;
  const observations = from.count64();
  const lossSum = from.finite64();
  const losses = isOld ? observations : from.count64();
  const drifts = from.count64();
  const lastDriftAt = from.count64();
  const toldDriftAt = isOld ? lastDriftAt : from.count64();
  return { observations, lossSum, losses, drifts, lastDriftAt, toldDriftAt };
}

function readTrackers(from: ByteReader, layout: number): AnswerTrackers {
  const calibration = ConfidenceCalibration.decode(readPart(from));
  const conformal = AdaptiveConformal.decode(readPart(from));
  const drift = Adwin.decode(readPart(from));
  const models = layout === LAYOUT_WITHOUT_MODELS ? new ModelDrifts() : ModelDrifts.decode(readPart(from));
  const adaptation = layout === LAYOUT ? Adaptation.decode(readPart(from)) : new Adaptation();
  return { calibration, conformal, drift, models, adaptation };
}

function writePart(to: ByteWriter, part: Uint8Array): void {
  to.uint32(part.length).bytes(part);
}

function readPart(from: ByteReader): Uint8Array {
  return from.bytes(from.uint32());
}

/** A combined answer in the application's terms. */
function outputOf(spec: OutputSpec, output: MemberOutput): Output {
  if (output.kind === "SCORES") {
    const labels = spec.kind === "LABEL" ? spec.labels : [];
    const scores = labels.map((label, i) => ({ label, score: output.scores[i] as number }));
    return { kind: "LABEL", label: "", scores };
  }
  return spec.kind === "VECTOR"
    ? { kind: "VECTOR", vector: output.numbers }
    : { kind: "NUMBER", number: output.numbers[0] as number };
}

/** The probability that an answer of this agreement is right, by the population's feedback. */
export function confidenceOf({ answers }: LearnedState, agreement: number): number {
  return answers?.calibration.confidence(agreement) ?? agreement;
}

/** What holds the truth with this coverage; undefined while too little is known, and for vectors. */
export function predictionSetOf(
  { answers }: LearnedState,
  output: Output,
  coverage: number,
): PredictionSet | undefined {
  const threshold = answers?.conformal.threshold(coverage) ?? Infinity;
  if (output.kind === "LABEL") {
    const labels = output.scores === undefined ? [] : labelSet(output.scores, threshold);
    return labels.length === 0 ? undefined : { kind: "LABELS", labels };
  }
  if (output.kind === "VECTOR" || threshold === Infinity) return undefined;
  return { kind: "INTERVAL", low: output.number - threshold, high: output.number + threshold };
}
