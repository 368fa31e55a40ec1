import { staticPolicy } from "../../src/correction/static.js";
import { DEFAULT_FEEDBACK } from "../../src/domain/application.js";
import type { Application, ModelVersion } from "../../src/domain/application.js";
import type { Cancel, RowEvaluator, RowOutcome, RowQuery, Settle } from "../../src/domain/ports.js";
import type { MemberFailureCode, MemberSource, Prediction } from "../../src/domain/prediction.js";
import { Catalogue } from "../../src/serving/catalogue.js";
import type { Member } from "../../src/serving/catalogue.js";
import { memberOutputReader } from "../../src/serving/memberOutput.js";

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
  const read = memberOutputReader(application().output, signature);
  if (typeof read === "string") throw new Error(read);
  return { model, version, weight, evaluator, read };
}

export function catalogueOf(
  given: Application,
  members: readonly Member[] = [],
  versions: readonly ModelVersion[] = [],
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
  catalogue.replace({ applications: [served], models, versions }, () => ({
    application: served,
    policy: staticPolicy,
    members,
  }));
  return catalogue;
}

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
    models: [
      {
        model: "m",
        version: 1,
        source: "MODEL",
        distance: undefined,
        trace: undefined,
        latencyMs: 2,
        output: { kind: "SCORES", scores: Float64Array.of(0.75, 0.25) },
      },
    ],
    modelsMissing: [],
    latencyMs: 3,
    explanation: undefined,
    atMs: Date.UTC(2026, 0, 1),
    ...changes,
  };
}
