import { z } from "zod";
import type {
  Application,
  ApplicationLink,
  Model,
  ModelVersion,
  Output,
  PolicyVersion,
} from "../domain/application.js";
import { settingsProblem } from "../domain/modelSettings.js";
import type { ChosenModelSettings } from "../domain/modelSettings.js";
import { DATATYPES } from "../domain/tensor.js";
import type { Signature, TensorSpec } from "../domain/tensor.js";
import { LOSS, POLICY, lossJson, policyJson } from "./policyRows.js";

const TENSORS = z.array(
  z.object({ name: z.string(), datatype: z.enum(DATATYPES), shape: z.array(z.int().nonnegative()) }),
);

const OUTPUT_SPEC = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("LABEL"), labels: z.array(z.string()) }),
  z.object({ kind: z.literal("NUMBER") }),
  z.object({ kind: z.literal("VECTOR"), size: z.int().positive() }),
]);

const SCORES = z.array(z.object({ label: z.string(), score: z.number() }));

const OUTPUT = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("LABEL"), label: z.string(), scores: z.exactOptional(SCORES) }),
  z.object({ kind: z.literal("NUMBER"), number: z.number() }),
  z.object({ kind: z.literal("VECTOR"), vector: z.array(z.number()).transform((v) => Float64Array.from(v)) }),
]);

const LINKS = z.array(z.object({ model: z.string(), weight: z.number() }));
const FEEDBACK = z.object({
  rewardWaitMs: z.exactOptional(z.number()),
  defaultReward: z.exactOptional(z.number()),
  aggregation: z.enum(["EARLIEST", "MEAN", "SUM"]),
  deferActivation: z.boolean(),
  apprentice: z.boolean(),
  logPredictions: z.enum(["NONE", "EVIDENCE", "INPUTS"]),
  learnedShare: z.exactOptional(z.number()),
});
const SIGNATURE = z.object({
  inputs: TENSORS,
  outputs: TENSORS,
  classes: z.exactOptional(z.array(z.object({ label: z.string(), value: z.string() }))),
});

const APPLICATION = z
  .object({
    name: z.string(),
    description: z.string(),
    sloMs: z.number(),
    bulkDeadlineMs: z.number(),
    input: TENSORS,
    output: OUTPUT_SPEC,
    defaultOutput: OUTPUT.nullable(),
    policy: POLICY,
    policyVersion: z.int(),
    loss: LOSS,
    confidenceThreshold: z.number().nullable(),
    coverage: z.number().nullable(),
    feedback: FEEDBACK,
    links: LINKS,
  })
  .transform(({ defaultOutput, confidenceThreshold, coverage, ...rest }) => ({
    ...rest,
    ...(defaultOutput === null ? {} : { defaultOutput }),
    ...(confidenceThreshold === null ? {} : { confidenceThreshold }),
    ...(coverage === null ? {} : { coverage }),
  }));

/** Settings that this server does not know were chosen through a newer one: they are left out, not refused. */
const SETTINGS = z.record(z.string(), z.unknown()).transform((stored) => knownSettings(stored));

const MODEL = z.object({ name: z.string(), currentVersion: z.int(), settings: SETTINGS, cacheGeneration: z.int() });

const MODEL_VERSION = z.object({
  model: z.string(),
  version: z.int(),
  signature: SIGNATURE,
  endpoints: z.array(z.string()),
});

const POLICY_VERSION = z.object({
  application: z.string(),
  version: z.int(),
  policy: POLICY,
  loss: LOSS,
  frozen: z.boolean(),
  replayed: z.exactOptional(z.object({ afterSeq: z.number(), untilSeq: z.number() })),
});

/** Rows of the registry, whose jsonb columns may hold anything, to the domain. They throw on what they do not know. */
export function parseApplication(row: unknown): Application {
  return APPLICATION.parse(row);
}

export function parsePolicyVersion(row: unknown): PolicyVersion {
  return POLICY_VERSION.parse(row);
}

export function parseModel(row: unknown): Model {
  return MODEL.parse(row);
}

export function parseModelVersion(row: unknown): ModelVersion {
  return MODEL_VERSION.parse(row);
}

/** Domain values as the text of jsonb columns: keys in one order, so that equal values have equal texts. */
export function tensorsJson(tensors: readonly TensorSpec[]): string {
  return JSON.stringify(tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape })));
}

export function signatureJson(signature: Signature): string {
  const { inputs, outputs, classes } = signature;
  const named =
    classes === undefined ? "" : `,"classes":${JSON.stringify(classes.map(({ label, value }) => ({ label, value })))}`;
  return `{"inputs":${tensorsJson(inputs)},"outputs":${tensorsJson(outputs)}${named}}`;
}

export function outputSpecJson(output: Application["output"]): string {
  if (output.kind === "LABEL") return JSON.stringify({ kind: output.kind, labels: output.labels });
  return JSON.stringify(output.kind === "NUMBER" ? { kind: output.kind } : { kind: output.kind, size: output.size });
}

export function outputJson(output: Output): string {
  if (output.kind === "NUMBER") return JSON.stringify({ kind: output.kind, number: output.number });
  if (output.kind === "VECTOR") return JSON.stringify({ kind: output.kind, vector: [...output.vector] });
  const scores = output.scores?.map(({ label, score }) => ({ label, score }));
  return JSON.stringify({ kind: output.kind, label: output.label, scores });
}

/** The content of an application without its links, as one text: equal content, equal text. */
export function applicationContent(application: Omit<Application, "links" | "policyVersion">): string {
  const { feedback } = application;
  return JSON.stringify([
    application.name,
    application.description,
    application.sloMs,
    application.bulkDeadlineMs,
    tensorsJson(application.input),
    outputSpecJson(application.output),
    application.defaultOutput === undefined ? null : outputJson(application.defaultOutput),
    policyJson(application.policy),
    lossJson(application.loss),
    application.confidenceThreshold ?? null,
    application.coverage ?? null,
    [feedback.rewardWaitMs ?? null, feedback.defaultReward ?? null, feedback.aggregation],
    [feedback.deferActivation, feedback.apprentice, feedback.logPredictions, feedback.learnedShare ?? null],
  ]);
}

/** By model, as they are read: the order in which links are given means nothing. */
export function linksJson(links: readonly ApplicationLink[]): string {
  const byModel = [...links].sort((a, b) => (a.model < b.model ? -1 : 1));
  return JSON.stringify(byModel.map(({ model, weight }) => ({ model, weight })));
}

function knownSettings(stored: Readonly<Record<string, unknown>>): ChosenModelSettings {
  const known = Object.entries(stored).filter((entry) => settingsProblem(Object.fromEntries([entry])) === undefined);
  return Object.fromEntries(known);
}

export function settingsJson(chosen: ChosenModelSettings): string {
  return JSON.stringify(chosen);
}

export function endpointsJson(endpoints: readonly string[]): string {
  return JSON.stringify(endpoints);
}

export function hasLink(application: Application, link: ApplicationLink): boolean {
  return application.links.some(({ model, weight }) => model === link.model && weight === link.weight);
}
