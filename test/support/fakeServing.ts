import { newLosses } from "../../src/correction/losses.js";
import { newPolicy } from "../../src/correction/newPolicy.js";
import { newFolding } from "../../src/correction/learnedState.js";
import { DEFAULT_FEEDBACK } from "../../src/domain/application.js";
import type { Application, ModelVersion, Output, OutputSpec } from "../../src/domain/application.js";
import type { Cancel, RowEvaluator, RowOutcome, RowQuery, Settle } from "../../src/domain/ports.js";
import type { CombinedAnswer, MemberFailureCode, MemberSource, Prediction } from "../../src/domain/prediction.js";
import { newbornState } from "../../src/learning/heldState.js";
import { Catalogue } from "../../src/serving/catalogue.js";
import type { Member } from "../../src/serving/catalogue.js";
import type { PredictDependencies } from "../../src/serving/predict.js";
import { memberOutputReader } from "../../src/serving/memberOutput.js";
import { UsualLatency } from "../../src/serving/usualLatency.js";

export const LABELS = ["ant", "bee"];

/** An evaluator that the test settles. */
export class FakeEvaluator implements RowEvaluator {
  readonly asked: RowQuery[] = [];
  cancelled = 0;
  /** Settles each row before `evaluate` returns. */
  atOnce: RowOutcome | undefined;
  #settle: Settle | undefined;

  evaluate(query: RowQuery, settle: Settle): Cancel {
    this.asked.push(query);
    if (this.atOnce === undefined) this.#settle = settle;
    else settle(this.atOnce);
    return () => void (this.cancelled += 1);
  }

  settle(outcome: RowOutcome): void {
    this.#settle?.(outcome);
  }
}

/** A row of FP32 scores for LABELS. */
export function scores(values: readonly number[], source: MemberSource = "MODEL"): RowOutcome {
  return {
    kind: "output",
    output: [new Uint8Array(Float32Array.from(values).buffer)],
    source,
    distance: undefined,
    trace: undefined,
  };
}

export function failedWith(code: MemberFailureCode): RowOutcome {
  return { kind: "failed", code, message: `it is ${code}` };
}

export function application(changes: Partial<Application> = {}): Application {
  return {
    name: "insects",
    description: "",
    sloMs: 50,
    bulkDeadlineMs: 30_000,
    input: [{ name: "x", datatype: "FP32", shape: [2] }],
    output: { kind: "LABEL", labels: LABELS },
    policy: { kind: "static" },
    policyVersion: 3,
    loss: { kind: "ZERO_ONE" },
    feedback: DEFAULT_FEEDBACK,
    links: [],
    ...changes,
  };
}

export function modelVersion(
  model: string,
  version = 1,
  changes: Partial<ModelVersion["signature"]> = {},
): ModelVersion {
  const signature = {
    inputs: application().input,
    outputs: [{ name: "scores", datatype: "FP32", shape: [2] } as const],
    ...changes,
  };
  return { model, version, endpoints: [], signature };
}

export function member(model: string, evaluator: RowEvaluator, weight = 1): Member {
  const { version, signature } = modelVersion(model);
  const reader = memberOutputReader(application().output, signature);
  if (typeof reader === "string") throw new Error(reader);
  return { model, version, weight, evaluator, read: reader.read, usual: new UsualLatency() };
}

export function catalogueOf(
  given: Application,
  members: readonly Member[] = [],
  versions: readonly ModelVersion[] = [],
  featuresLearned: ReadonlyMap<number, string> = new Map(),
) {
  const catalogue = new Catalogue();
  const links = members.map(({ model, weight }) => ({ model, weight }));
  const served = { ...given, links: [...given.links, ...links] };
  const models = versions.map(({ model, version }) => ({
    name: model,
    currentVersion: version,
    settings: {},
    cacheGeneration: 0,
  }));
  const { name, policyVersion: version, policy, loss } = served;
  const policyVersions = [{ application: name, version, policy, loss, frozen: false }];
  catalogue.replace({ applications: [served], policyVersions, models, versions }, () => ({
    application: served,
    policy: newPolicy(served),
    members,
    policyMembers: links,
    features: undefined,
    losses: newLosses(loss, served.output),
    learningVersions: new Set([version]),
    featuresLearned,
  }));
  return catalogue;
}

/** What an application has learned that nobody has observed: nothing, all at once. */
export function nothingLearned(given: Application): PredictDependencies["learning"] {
  const folding = newFolding(given);
  const population = newbornState(folding, folding.init(), 0, 0);
  return {
    stateFor: () => ({ held: population, population, personalised: false }),
    reach: () => Promise.resolve(),
    ageMs: () => 0,
    knownSeq: () => 0,
  };
}

/** What a policy made of these models' outputs. */
export function combinedOf(members: Prediction["models"], agreement = 0.75): CombinedAnswer {
  const [first] = members;
  const output: Output =
    first?.output.kind === "NUMBERS"
      ? { kind: "VECTOR", vector: first.output.numbers }
      : {
          kind: "LABEL",
          label: "ant",
          scores: [...(first?.output.scores ?? [])].map((score, i) => ({ label: LABELS[i] ?? `label ${i}`, score })),
        };
  const labels = [...(first?.output.kind === "SCORES" ? first.output.scores : [])].map(
    (_, i) => LABELS[i] ?? `label ${i}`,
  );
  const spec: OutputSpec =
    output.kind === "VECTOR" ? { kind: "VECTOR", size: output.vector.length } : { kind: "LABEL", labels };
  return { output, spec, members, agreement, choice: undefined, context: undefined, contextFrom: undefined };
}

const MODELS: Prediction["models"] = [
  {
    model: "m",
    version: 1,
    source: "MODEL",
    distance: undefined,
    trace: undefined,
    latencyMs: 2,
    output: { kind: "SCORES", scores: Float64Array.of(0.75, 0.25) },
  },
];

export function prediction(changes: Partial<Prediction> = {}): Prediction {
  return {
    kind: "prediction",
    id: "p1",
    application: "insects",
    policyVersion: 3,
    entity: "user-1",
    output: { kind: "LABEL", label: "ant" },
    confidence: 0.75,
    source: "MODEL",
    defaultReason: undefined,
    models: MODELS,
    combined: combinedOf(MODELS),
    belowThreshold: false,
    personalised: false,
    stateSeq: 0,
    stateAgeMs: 0,
    predictionSet: undefined,
    modelsMissing: [],
    latencyMs: 3,
    explanation: undefined,
    atMs: Date.UTC(2026, 0, 1),
    ...changes,
  };
}
