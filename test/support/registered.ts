import { afterAll } from "@jest/globals";
import type { CreateApplicationInput, TensorInput } from "../generated/graphql.js";
import {
  CREATE_APPLICATION,
  LINK,
  MODEL,
  PREDICT,
  PREDICT_MANY,
  REGISTER_VERSION,
  UPDATE_APPLICATION,
} from "./operations.js";
import { until } from "./ownProcesses.js";
import type { TestServer } from "./testServer.js";
import { nodeWrapper, WrapperProcess } from "./wrapperProcess.js";
import type { WrapperCommand } from "./wrapperProcess.js";

export const noop = (...args: string[]): WrapperCommand =>
  nodeWrapper("dist/wrappers/typescript/noop/main.js", "--width", "1", ...args);
export const gated = (): WrapperCommand => nodeWrapper("test/support/wrapperModels/gated.mjs");

/** Starts wrappers for one test file and ends them after it, also those that a test has stopped from answering. */
export function testWrappers(): { start(command: WrapperCommand, ...args: string[]): Promise<WrapperProcess> } {
  const wrappers: WrapperProcess[] = [];
  afterAll(() => Promise.all(wrappers.map((wrapper) => wrapper.kill())));
  return {
    async start(command, ...args) {
      const wrapper = await WrapperProcess.start(command, ...args);
      wrappers.push(wrapper);
      return wrapper;
    },
  };
}

/** One number in, one number out: what the no-op and gated wrappers serve. */
export const ONE_NUMBER: Omit<CreateApplicationInput, "name"> = {
  sloMs: 5000,
  input: [{ name: "x", datatype: "FP32", shape: [1] }],
  output: { number: {} },
};

export interface Registration {
  readonly model: string;
  readonly version?: number;
  readonly wrappers: readonly WrapperProcess[];
}

/** Registers a version with its running wrappers, and resolves when every one is ready. */
export async function register(server: TestServer, { model, version = 1, wrappers }: Registration): Promise<void> {
  const endpoints = wrappers.map((wrapper) => wrapper.ready.listening);
  const { registerModelVersion: stored } = await server.ask(REGISTER_VERSION, { input: { model, version, endpoints } });
  if (stored.__typename !== "ModelVersion") throw new Error(JSON.stringify(stored));
  await readyReplicas(server, model, wrappers.length);
}

export async function readyReplicas(server: TestServer, model: string, count: number): Promise<void> {
  const ready = () => server.metric("skysail_model_ready_replicas", { model });
  await until(`${model} has ${count} ready replicas`, async () => (await ready()) === count);
}

/** An application of its own over models that are registered. */
export async function application(
  server: TestServer,
  name: string,
  models: readonly string[],
  more: Partial<CreateApplicationInput> = {},
): Promise<void> {
  const created = await server.ask(CREATE_APPLICATION, { input: { ...ONE_NUMBER, ...more, name } });
  if (created.createApplication.__typename !== "Application") throw new Error(JSON.stringify(created));
  for (const model of models) {
    const { linkModel } = await server.ask(LINK, { input: { application: name, model } });
    if (linkModel.__typename !== "Application") throw new Error(JSON.stringify(linkModel));
  }
}

/** Gives an application an objective that a busy machine keeps too, for tests that are not about time. */
export async function allowTime(server: TestServer, name: string): Promise<void> {
  const { updateApplication } = await server.ask(UPDATE_APPLICATION, { input: { name, sloMs: 5000 } });
  if (updateApplication.__typename !== "Application") throw new Error(JSON.stringify(updateApplication));
}

export async function predict(server: TestServer, name: string, input: TensorInput, deadlineMs?: number) {
  return (await server.ask(PREDICT, { input: { application: name, input, deadlineMs } })).predict;
}

export async function predictMany(server: TestServer, name: string, inputs: TensorInput[], deadlineMs?: number) {
  return (await server.ask(PREDICT_MANY, { input: { application: name, inputs, deadlineMs } })).predictMany;
}

/** Ways of `misbehavingWrapper.mjs`, in its order. */
const WAYS =
  "right short long none shortBytes longBytes firstNaN infinite datatype shape name noOutput noRaw error errorWithoutId empty garbage unknownFirst twice end held exit".split(
    " ",
  );

/** An input for it: how its batch is to be answered, and its right answer. */
export function way(name: string, value: number): { values: number[] } {
  const at = WAYS.indexOf(name);
  if (at < 0) throw new Error(`no way ${name}`);
  return { values: [at, value] };
}

export const misbehaving = (...args: string[]): WrapperCommand =>
  nodeWrapper("test/support/misbehavingWrapper.mjs", ...args);

export const TWO_NUMBERS: Omit<CreateApplicationInput, "name"> = {
  ...ONE_NUMBER,
  input: [{ name: "x", datatype: "FP32", shape: [2] }],
};

/** Makes the controller of a model's only replica allow batches of so many rows, by giving it full ones. */
export async function growBatches(server: TestServer, name: string, model: string, rows: number): Promise<void> {
  let value = 1e6 * Math.random();
  const size = async () => (await server.ask(MODEL, { name: model })).model?.versions[0]?.replicas[0]?.batchRows ?? 0;
  const inputs = () => Array.from({ length: 200 }, () => way("right", value++));
  await until(`batches of ${rows} rows`, async () => {
    if ((await size()) >= rows) return true;
    await predictMany(server, name, inputs());
    return false;
  });
}
