import { requireSuccess, waitForReplicas } from "../application.js";
import type { Arrivals } from "../arrivals.js";
import type { Bench } from "../bench.js";
import { startChild } from "../childProcess.js";
import type { CreateApplicationInput } from "../generated/graphql.js";
import { ask } from "../graphqlClient.js";
import { HttpSender } from "../httpSender.js";
import { CREATE_APPLICATION, PREDICT_LABEL, REGISTER_MODEL_VERSION } from "../operations.js";
import { runOpenLoop } from "../openLoop.js";
import type { Sent } from "../openLoop.js";
import { projectPath } from "../projectPath.js";
import { startSkysail, temporaryFolder } from "../skysailServer.js";
import type { LearningData } from "./learningData.js";

export interface StubService {
  /** Milliseconds for a batch: fixed, and for each row. */
  readonly line: string;
  /** Of the log-normal noise. */
  readonly sigma: number;
  /** With which probability how many times as long. */
  readonly stall: string;
}

export interface EnsembleRig {
  /** An application on the first `models` of the stubs. */
  readonly serve: (name: string, models: number, sloMs: number, confidenceThreshold?: number) => Promise<void>;
  /** The i-th query asks about image `first` + i. */
  readonly offer: (name: string, arrivals: Arrivals, first: number) => Promise<readonly Sent[]>;
}

/** A server, and sixteen stubs in one process that answer what real models say of real images. */
export async function startEnsembleRig(bench: Bench, data: LearningData, service: StubService): Promise<EnsembleRig> {
  const folder = await temporaryFolder(bench);
  const { graphqlUrl } = await startSkysail(bench, folder);
  const { line, sigma, stall } = service;
  const program = projectPath("dist/bench/learning/scoresWrapper.js");
  await startChild(bench, {
    name: "the stubs",
    args: [program, data.folder, folder, line, String(sigma), stall],
    ready: (text) => (text === "ready" ? true : undefined),
  });
  const registered = new Set<string>();
  return {
    serve: async (name, models, sloMs, confidenceThreshold) => {
      const names = Array.from({ length: models }, (_, i) => `model-${i + 1}`);
      for (const model of names) {
        if (!registered.has(model)) await register(graphqlUrl, model, `unix:${folder}/${model}.sock`);
        registered.add(model);
      }
      await create(graphqlUrl, { name, sloMs, confidenceThreshold, models: names.map((model) => ({ model })) });
    },
    offer: async (name, arrivals, first) => {
      const sender = new HttpSender(graphqlUrl);
      const send = (i: number): Promise<string> => sender.post(bodyOf(name, first + i));
      return runOpenLoop({ arrivals, send, signal: bench.signal }).finally(() => sender.close());
    },
  };
}

async function register(url: string, model: string, endpoint: string): Promise<void> {
  const { data } = await ask(url, REGISTER_MODEL_VERSION, { input: { model, version: 1, endpoints: [endpoint] } });
  requireSuccess("registerModelVersion", data.registerModelVersion);
  await waitForReplicas(url, model, 1);
}

async function create(
  url: string,
  given: Pick<CreateApplicationInput, "name" | "sloMs" | "confidenceThreshold" | "models">,
): Promise<void> {
  const { data } = await ask(url, CREATE_APPLICATION, {
    input: {
      ...given,
      input: [{ name: "image", datatype: "INT32", shape: [1] }],
      output: { label: { labels: Array.from({ length: 10 }, (_, i) => String(i)) } },
      policy: { ensemble: {} },
    },
  });
  requireSuccess("createApplication", data.createApplication);
}

function bodyOf(application: string, image: number): string {
  const variables = { input: { application, input: { values: [image] } } };
  return JSON.stringify({ query: PREDICT_LABEL.toString(), variables });
}
