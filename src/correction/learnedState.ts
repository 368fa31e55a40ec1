import type { Application, Output, OutputSpec } from "../domain/application.js";
import type { MemberOutput, PredictionSet } from "../domain/prediction.js";
import type { Truth } from "../domain/storePorts.js";
import { ByteReader, ByteWriter } from "../lib/byteCursor.js";
import { Adwin } from "./adwin.js";
import { ConfidenceCalibration } from "./calibration.js";
import { AdaptiveConformal, conformityScore, labelSet } from "./conformal.js";
import type { LearnedPolicy, PolicyState } from "./erasedPolicy.js";
import { lessonOf } from "./evidence.js";
import type { Folding, Lesson } from "./folding.js";
import { newLosses } from "./losses.js";
import type { Losses } from "./losses.js";
import { newPolicy } from "./newPolicy.js";
import { PageHinkley } from "./pageHinkley.js";

const LAYOUT = 1;
const DEFAULT_COVERAGE = 0.9;

/** All that is learned of one application for the population, or for one entity. */
export interface LearnedState {
  readonly policy: PolicyState;
  /** Observations folded in. */
  observations: number;
  /** Of the answers' losses. */
  lossSum: number;
  /** Changes of the losses' mean that were noticed; when the last one was, in observations. */
  drifts: number;
  lastDriftAt: number;
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
}

/** How an application's observations are learned by one of its policy versions. */
export type LearningUse = Pick<Application, "policy" | "loss" | "output" | "coverage">;

export function newFolding(use: LearningUse): Folding<LearnedState> {
  return new StateFolding(use);
}

class StateFolding implements Folding<LearnedState> {
  readonly #policy: LearnedPolicy;
  readonly #losses: Losses;
  readonly #output: OutputSpec;
  readonly #coverage: number;

  constructor({ policy, loss, output, coverage = DEFAULT_COVERAGE }: LearningUse) {
    this.#policy = newPolicy({ policy, loss, output });
    this.#losses = newLosses(loss, output);
    this.#output = output;
    this.#coverage = coverage;
  }

  get isPersonal(): boolean {
    return this.#policy.isPersonal;
  }

  init(): LearnedState {
    const answers = {
      calibration: new ConfidenceCalibration(),
      conformal: new AdaptiveConformal({ coverage: this.#coverage }),
      drift: new Adwin(),
    };
    return { ...NOTHING_YET, policy: this.#policy.init(), answers, change: undefined };
  }

  inherit(population: LearnedState): LearnedState {
    const policy = this.#policy.inherit(population.policy);
    return { ...NOTHING_YET, policy, answers: undefined, change: new PageHinkley() };
  }

  read(truth: Truth, evidence: unknown): Lesson | undefined {
    return lessonOf(this.#output, truth, evidence);
  }

  observe(state: LearnedState, { evidence, answer, truth }: Lesson): void {
    state.observations += 1;
    if (answer !== undefined) this.#observeAnswer(state, answer, truth);
    this.#policy.observe(state.policy, evidence, truth);
  }

  #observeAnswer(state: LearnedState, { output, agreement }: NonNullable<Lesson["answer"]>, truth: Truth): void {
    const loss = this.#losses.ofReward(truth) ?? this.#losses.ofOutput(output, truth);
    if (loss === undefined) return;
    state.lossSum += loss;
    const { answers, change } = state;
    answers?.calibration.observe(agreement, 1 - loss);
    const score = answers && conformityScore(outputOf(this.#output, output), truth);
    if (score !== undefined) answers?.conformal.observe(score);
    const hasChanged = answers?.drift.update(loss) ?? change?.update(loss) ?? false;
    if (!hasChanged) return;
    state.drifts += 1;
    state.lastDriftAt = state.observations;
  }

  encode({ policy, observations, lossSum, drifts, lastDriftAt, answers, change }: LearnedState): Uint8Array {
    const to = new ByteWriter().uint8(LAYOUT).float64(observations).float64(lossSum);
    to.float64(drifts)
      .float64(lastDriftAt)
      .uint8(answers === undefined ? 0 : 1);
    const parts = answers === undefined ? [change] : [answers.calibration, answers.conformal, answers.drift];
    for (const part of parts) if (part !== undefined) writePart(to, part.encode());
    writePart(to, this.#policy.encode(policy));
    return to.take();
  }

  decode(bytes: Uint8Array): LearnedState {
    const from = new ByteReader(bytes);
    const layout = from.uint8();
    if (layout !== LAYOUT) throw new RangeError(`learned state with layout ${layout}, expected ${LAYOUT}`);
    const counts = {
      observations: from.count64(),
      lossSum: from.finite64(),
      drifts: from.count64(),
      lastDriftAt: from.count64(),
    };
    const isPopulation = from.uint8() === 1;
    const answers = isPopulation ? readTrackers(from) : undefined;
    const change = isPopulation ? undefined : PageHinkley.decode(readPart(from));
    const policy = this.#policy.decode(readPart(from));
    from.end();
    return { ...counts, policy, answers, change };
  }
}

const NOTHING_YET = { observations: 0, lossSum: 0, drifts: 0, lastDriftAt: 0 };

function readTrackers(from: ByteReader): AnswerTrackers {
  const calibration = ConfidenceCalibration.decode(readPart(from));
  const conformal = AdaptiveConformal.decode(readPart(from));
  return { calibration, conformal, drift: Adwin.decode(readPart(from)) };
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

/** What holds the truth with the stated coverage; undefined while too little is known, and for vectors. */
export function predictionSetOf({ answers }: LearnedState, output: Output): PredictionSet | undefined {
  const threshold = answers?.conformal.threshold ?? Infinity;
  if (output.kind === "LABEL") {
    const labels = output.scores === undefined ? [] : labelSet(output.scores, threshold);
    return labels.length === 0 ? undefined : { kind: "LABELS", labels };
  }
  if (output.kind === "VECTOR" || threshold === Infinity) return undefined;
  return { kind: "INTERVAL", low: output.number - threshold, high: output.number + threshold };
}
