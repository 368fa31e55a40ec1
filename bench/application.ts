import { setTimeout as sleep } from "node:timers/promises";
import { BenchError } from "./bench.js";
import { ask } from "./graphqlClient.js";
import type {
  ConfigureModelInput,
  CreateApplicationInput,
  OutputSpecInput,
  TensorSpecInput,
} from "./generated/graphql.js";
import { WIDTH } from "./noopWrapper.js";
import { CONFIGURE_MODEL, CREATE_APPLICATION, PREDICT, REGISTER_MODEL_VERSION, REPLICA_STATES } from "./operations.js";

export const APPLICATION = "bench";
/** A stall of a noisy machine should show in the percentiles, not as default answers. */
const PATIENT_SLO_MS = 1000;
const READY_WITHIN_MS = 10_000;

export interface Served {
  /** Of the application. */
  readonly name: string;
  /** Its one model. Default: of the same name. */
  readonly model?: string;
  readonly sloMs?: number;
  readonly bulkDeadlineMs?: number;
  readonly input?: TensorSpecInput;
  readonly output?: OutputSpecInput;
  /** Default: nothing is learned. */
  readonly learning?: Pick<CreateApplicationInput, "policy" | "loss">;
  /** Of the model, where they are not the default ones. */
  readonly settings?: Omit<ConfigureModelInput, "model">;
}

/** One application on one model; unless it says otherwise, it answers a number for eight. */
export async function setUpApplication(
  url: string,
  { endpoint, ...served }: Served & { readonly endpoint: string },
): Promise<void> {
  const registered = await ask(url, REGISTER_MODEL_VERSION, {
    input: { model: served.name, version: 1, endpoints: [endpoint] },
  });
  requireSuccess("registerModelVersion", registered.data.registerModelVersion);
  await setUpOnModel(url, served);
}

/** The same on a model that is there. */
export async function setUpOnModel(
  url: string,
  {
    name,
    model = name,
    sloMs = PATIENT_SLO_MS,
    bulkDeadlineMs,
    input = { name: "x", datatype: "FP32", shape: [WIDTH] },
    output = { number: {} },
    learning = {},
    settings = {},
  }: Served,
): Promise<void> {
  await configureModel(url, model, settings);
  const created = await ask(url, CREATE_APPLICATION, {
    input: { name, sloMs, bulkDeadlineMs, input: [input], output, models: [{ model }], ...learning },
  });
  requireSuccess("createApplication", created.data.createApplication);
  await waitForReplicas(url, model, 1);
}

/** Of version 1, in place of those given before. Resolves when all are ready. */
export async function setReplicas(url: string, model: string, endpoints: readonly string[]): Promise<void> {
  const { data } = await ask(url, REGISTER_MODEL_VERSION, { input: { model, version: 1, endpoints: [...endpoints] } });
  requireSuccess("registerModelVersion", data.registerModelVersion);
  await waitForReplicas(url, model, endpoints.length);
}

/** What is not given gets its default. */
export async function configureModel(
  url: string,
  model: string,
  settings: NonNullable<Served["settings"]>,
): Promise<void> {
  const { data } = await ask(url, CONFIGURE_MODEL, { input: { model, ...settings } });
  requireSuccess("configureModel", data.configureModel);
}

export function requireSuccess(what: string, result: { readonly __typename: string; readonly message?: string }): void {
  if (result.message !== undefined) throw new BenchError(`${what}: ${result.__typename}: ${result.message}`);
}

export async function waitForReplicas(url: string, model: string, count: number): Promise<void> {
  const giveUpMs = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const { data } = await ask(url, REPLICA_STATES, { model });
    const replicas = data.model?.versions.flatMap((version) => version.replicas) ?? [];
    if (replicas.filter(({ state }) => state === "READY").length >= count) return;
    const problem = replicas.find(({ state }) => state !== "READY")?.problem ?? "no problem given";
    if (performance.now() > giveUpMs) throw new BenchError(`${model} has not ${count} ready replicas: ${problem}`);
    await sleep(20);
  }
}

/** Asks twice for inputs of its own: the model must answer first, the cache then. Returns an answer's text. */
export async function verifyAnswers(url: string): Promise<string> {
  let text = "";
  for (let i = 0; i < 10; i++) {
    const values = Array.from({ length: WIDTH }, (_, j) => i * 2 + j / 8);
    for (const source of ["MODEL", "CACHE"]) {
      const answer = await ask(url, PREDICT, { input: { application: APPLICATION, input: { values } } });
      ({ text } = answer);
      const { predict } = answer.data;
      const right = "source" in predict && predict.source === source && numberOf(predict.output) === values[0];
      if (!right) throw new BenchError(`expected ${values[0]} from ${source} for [${values.join()}], got ${text}`);
    }
  }
  return text;
}

export function numberOf(output: object): unknown {
  return "number" in output ? output.number : undefined;
}
