import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { APPLICATION, setUpApplication, verifyAnswers } from "./application.js";
import { startBaseline } from "./baselineServer.js";
import type { BaselineServer } from "./baselineServer.js";
import type { Bench } from "./bench.js";
import { startNoopWrapper } from "./noopWrapper.js";
import type { WrapperProcess } from "./wrapperProcess.js";
import { PREDICT } from "./operations.js";
import { startSkysail, temporaryFolder } from "./skysailServer.js";
import type { SkysailServer } from "./skysailServer.js";
import { requireWrk } from "./wrk.js";

/** What a GraphQL scenario runs on: a server with one application on one wrapper. */
export interface Rig {
  readonly folder: string;
  readonly server: SkysailServer;
  readonly wrapper: WrapperProcess;
  /** File with the body of one predict request, for the generator. */
  readonly template: string;
  /** JSON of one answer. */
  readonly answer: string;
  /** For `/metrics`, where keys are needed. */
  readonly metricsKey?: string;
}

/** Stands where the generator puts numbers. */
export const VALUES = "@values@";

export async function startRig(bench: Bench, inspect = false): Promise<Rig> {
  requireWrk();
  bench.progress("  starting the server and the wrapper");
  const folder = await temporaryFolder(bench);
  const wrapper = await startNoopWrapper(bench, folder, [], APPLICATION);
  const server = await startSkysail(bench, folder, inspect);
  await setUpApplication(server.graphqlUrl, { name: APPLICATION, endpoint: wrapper.endpoint });
  const answer = await verifyAnswers(server.graphqlUrl);
  const template = await writeTemplate(folder, "predict.json", {
    query: PREDICT.toString(),
    variables: { input: predictInput() },
  });
  return { folder, server, wrapper, template, answer };
}

export function startBaselineFor(bench: Bench, { answer }: Rig): Promise<BaselineServer> {
  return startBaseline(bench, answer);
}

/** The variable of one predict field, with the numbers left open. */
export function predictInput(): object {
  return { application: APPLICATION, input: { values: [VALUES] } };
}

export async function writeTemplate(folder: string, name: string, body: object): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(body).replaceAll(`"${VALUES}"`, VALUES));
  return path;
}
