import { requireSuccess, waitForReplicas } from "../application.js";
import type { Bench } from "../bench.js";
import { startChild } from "../childProcess.js";
import type { CreateApplicationInput, TensorSpecInput } from "../generated/graphql.js";
import { ask } from "../graphqlClient.js";
import { CREATE_APPLICATION, REGISTER_MODEL_VERSION } from "../operations.js";
import { projectPath } from "../projectPath.js";
import { FEATURES, LABELS, VOTERS } from "./members.js";

/** An application that learns, and what its truths are made of. */
export interface FeedbackApplication {
  readonly name: string;
  readonly output: "LABEL" | "NUMBER";
  /** Width of its feature model. */
  readonly features: number;
  readonly input: Omit<CreateApplicationInput, "name">;
}

const ITEM: TensorSpecInput = { name: "item", datatype: "INT32", shape: [1] };
/** A stall of a noisy machine should show in the percentiles, not as answers without evidence. */
const PATIENT_SLO_MS = 1000;

export function ensembleApplication(name: string): FeedbackApplication {
  const input: FeedbackApplication["input"] = {
    sloMs: PATIENT_SLO_MS,
    input: [ITEM],
    output: { label: { labels: [...LABELS] } },
    models: VOTERS.map((model) => ({ model })),
    policy: { ensemble: {} },
  };
  return { name, output: "LABEL", features: 0, input };
}

/** Ridge regression over the output of a feature model, for each entity. */
export function linearApplication(name: string, features: (typeof FEATURES)[number]): FeedbackApplication {
  const model = `features-${features}`;
  const input: FeedbackApplication["input"] = {
    sloMs: PATIENT_SLO_MS,
    input: [ITEM],
    output: { number: {} },
    models: [{ model }],
    policy: { linear: { featureModel: model } },
    loss: { squared: { range: 100 } },
  };
  return { name, output: "NUMBER", features, input };
}

/** All models of membersWrapper.ts, in one process. */
export async function startMembers(bench: Bench, folder: string): Promise<void> {
  await startChild(bench, {
    name: "the models",
    args: [projectPath("dist/bench/feedback/membersWrapper.js"), folder],
    ready: (text) => (text === "ready" ? true : undefined),
  });
}

export async function createApplications(
  url: string,
  folder: string,
  applications: readonly FeedbackApplication[],
): Promise<void> {
  for (const model of [...VOTERS, ...FEATURES.map((size) => `features-${size}`)]) {
    const endpoints = [`unix:${folder}/${model}.sock`];
    const { data } = await ask(url, REGISTER_MODEL_VERSION, { input: { model, version: 1, endpoints } });
    requireSuccess("registerModelVersion", data.registerModelVersion);
    await waitForReplicas(url, model, 1);
  }
  for (const { name, input } of applications) {
    const { data } = await ask(url, CREATE_APPLICATION, { input: { name, ...input } });
    requireSuccess("createApplication", data.createApplication);
  }
}
