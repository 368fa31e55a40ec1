import { createHash } from "node:crypto";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { readFileSync, readdirSync } from "node:fs";
import { askWith } from "./keyed.js";
import { until } from "./ownProcesses.js";
import type { TestServer } from "./testServer.js";

export interface Deployment {
  readonly __typename: string;
  readonly id: string;
  readonly version: number;
  readonly status: "PREPARING" | "STARTING" | "SERVING" | "FAILED" | "REMOVED";
  readonly progress: string;
  readonly reason: string | null;
  readonly lastLines: readonly string[];
  readonly here: boolean;
  readonly revision: string;
  readonly replicas: number;
  readonly readyReplicas: number | null;
  readonly code?: string;
  readonly current?: string | null;
  readonly message?: string;
}

const FIELDS = `{ __typename ... on Deployment { id version status progress reason lastLines here revision replicas readyReplicas } ... on Failure { code message } ... on Conflict { current } }`;
const OF_INPUT: Readonly<Record<string, string>> = {
  deployModel: "DeployModelInput",
  undeployModel: "UndeployModelInput",
  setReplicas: "SetReplicasInput",
};

async function field(server: TestServer, name: string, query: string, variables: Record<string, unknown>) {
  const { data, text } = await askWith(server, undefined, { query, variables });
  const found = data?.[name];
  if (found === undefined || found === null) throw new Error(text);
  return found;
}

export async function change(server: TestServer, mutation: string, input: object): Promise<Deployment> {
  const query = `mutation Change($input: ${OF_INPUT[mutation]}!) { ${mutation}(input: $input) ${FIELDS} }`;
  return (await field(server, mutation, query, { input })) as Deployment;
}

export async function deployment(server: TestServer, id: string): Promise<Deployment> {
  const query = `query One($id: ID!) { deployment(id: $id) ${FIELDS} }`;
  return (await field(server, "deployment", query, { id })) as Deployment;
}

/** When it is under way no more. */
export async function ended(server: TestServer, { id }: Pick<Deployment, "id">): Promise<Deployment> {
  let now = await deployment(server, id);
  const isOver = async (): Promise<boolean> => {
    now = await deployment(server, id);
    return now.status !== "PREPARING" && now.status !== "STARTING";
  };
  // A framework takes its time to be loaded, and more where it has to be installed.
  await until(`deployment ${id} has ended`, isOver, 100_000);
  return now;
}

export async function putFile(server: TestServer, path: string): Promise<string> {
  return put(server, await readFile(path));
}

export async function put(server: TestServer, bytes: Uint8Array): Promise<string> {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const { status, text } = await server.request(`/v2/artifacts/${sha256}`, { method: "PUT", body: Buffer.from(bytes) });
  if (status !== 200 && status !== 201) throw new Error(text);
  return sha256;
}

export interface ModelState {
  readonly currentVersion: number;
  readonly versions: readonly { readonly version: number; readonly replicas: readonly { readonly state: string }[] }[];
}

export async function model(server: TestServer, name: string): Promise<ModelState | null> {
  const query = `query Model($name: String!) { model(name: $name) { currentVersion versions { version replicas { state } } } }`;
  const { data } = await askWith(server, undefined, { query, variables: { name } });
  return (data?.["model"] ?? null) as ModelState | null;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `skysail ...`, as an operator has it. */
export function skysail(server: TestServer, ...args: readonly string[]): Promise<CommandResult> {
  const env = { ...process.env, SKYSAIL_URL: server.url };
  return new Promise((resolve) => {
    execFile(process.execPath, ["dist/src/cli/skysail.js", ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
  });
}

/** The processes that serve a version: those whose command line has its name and this server's folder. */
export function wrapperPids(server: TestServer, name: string, version = 1): readonly number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      const words = commandLine(pid);
      const isOurs = words.some((word) => word.includes(server.folder));
      return isOurs && words.includes(`--name=${name}`) && words.includes(`--model-version=${version}`);
    });
}

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
