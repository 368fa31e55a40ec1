import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { FailureError } from "../domain/failure.js";
import { messageOf } from "../domain/messageOf.js";
import { Client, refused } from "./client.js";
import { givenPath } from "./givenPath.js";
import type { Terminal } from "./replay.js";
import { tarFolder } from "./tarFolder.js";
import { digestOf, upload } from "./upload.js";
import { wrapperLine } from "./wrapperLine.js";

export interface DeployOptions {
  readonly framework: string;
  readonly model: string;
  readonly version?: number;
  readonly replicas?: number;
  readonly device?: string;
  readonly memory?: number;
  readonly niceness?: number;
  readonly cpus?: string;
  readonly signature?: string;
  readonly option?: readonly { readonly name: string; readonly value: string }[];
  readonly requirement?: readonly string[];
  readonly activate: boolean;
  readonly readyWithin?: number;
  readonly url: string;
  readonly json?: true;
}

export const DEPLOYMENT = z.object({
  id: z.string(),
  model: z.string(),
  version: z.number(),
  status: z.enum(["PREPARING", "STARTING", "SERVING", "FAILED", "REMOVED"]),
  progress: z.string(),
  reason: z.string().nullable(),
  lastLines: z.array(z.string()),
  changing: z.boolean(),
  replicas: z.number(),
  readyReplicas: z.number().nullable(),
});

export type Deployment = z.infer<typeof DEPLOYMENT>;

export const DEPLOYMENT_FIELDS = `__typename
  ... on Deployment { id model version status progress reason lastLines changing replicas readyReplicas }
  ... on Failure { code message }`;
const DEPLOY = `mutation DeployModel($input: DeployModelInput!) { deployModel(input: $input) { ${DEPLOYMENT_FIELDS} } }`;
const ASK = `query Deployment($id: ID!) { deployment(id: $id) { ${DEPLOYMENT_FIELDS} } }`;
const ASK_EVERY_MS = 250;
const MIB = 2 ** 20;

/** A saved model, ready to be sent: a folder as one file. */
interface Packed {
  readonly path: string;
  readonly bytes: number;
  readonly isFolder: boolean;
}

/** Brings a saved model to the server and has it run, telling how far that is. It goes on without us. */
export async function deploy(model: string, options: DeployOptions, terminal: Terminal): Promise<void> {
  const client = new Client(options.url);
  const saved = givenPath(options.model);
  const scratch = await mkdtemp(join(tmpdir(), "skysail-deploy-"));
  try {
    const signature = options.signature === undefined ? undefined : await readSignature(options.signature);
    const packed = await pack(saved, scratch, terminal);
    if (packed.isFolder && options.framework === "onnx")
      throw refused(`--model ${saved}: ONNX models are files, not folders`);
    const input = { ...inputOf(model, options), fileName: fileNameOf(saved), unpack: packed.isFolder, signature };
    const begun = await begin(client, packed, input, terminal);
    const ended = await followed(client, begun, terminal);
    if (ended.status !== "SERVING") throw refused(failureText(ended, await currentVersion(client, model)));
    const { readyReplicas, replicas, version, progress } = ended;
    if ((readyReplicas ?? 0) < replicas) throw refused(`version ${version} of ${model}: ${progress}`);
    terminal.out(options.json === true ? JSON.stringify(ended, null, 2) : servesText(ended, options));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function pack(saved: string, scratch: string, terminal: Terminal): Promise<Packed> {
  const found = await stat(saved).catch(() => undefined);
  if (found?.isFile() === true) return { path: saved, bytes: found.size, isFolder: false };
  if (found?.isDirectory() !== true) throw refused(`--model ${saved}: no such file or folder`);
  terminal.progress(`packing ${saved}`);
  const path = join(scratch, "folder.tar");
  await tarFolder(saved, path);
  return { path, bytes: (await stat(path)).size, isFolder: true };
}

/**
 * Asks for it before the artefact is brought: what is wrong with the options is known then, and where the server has the
 * artefact nothing is sent.
 */
async function begin(
  client: Client,
  { path, bytes }: Packed,
  options: object,
  terminal: Terminal,
): Promise<Deployment> {
  const share = (done: number): string => (bytes === 0 ? "100 %" : `${Math.floor((100 * done) / bytes)} %`);
  const sha256 = await digestOf(path, (done) => terminal.progress(`reading ${share(done)}`));
  const ask = (): Promise<Deployment> =>
    client.ask("deployModel", DEPLOY, { input: { ...options, artifact: sha256 } }, DEPLOYMENT);
  try {
    return await ask();
  } catch (error) {
    // Nothing else of a deployment is looked for and not found.
    if (!(error instanceof FailureError && error.failure.code === "NOT_FOUND")) throw error;
  }
  const size = bytes < MIB ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / MIB).toFixed(1)} MiB`;
  await upload(client.server, { path, bytes, sha256 }, (done) =>
    terminal.progress(`uploading ${size}: ${share(done)}`),
  );
  return ask();
}

const TENSOR = z.strictObject({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) });
const SIGNATURE = z.strictObject({ inputs: z.array(TENSOR), outputs: z.array(TENSOR) });
const SIGNATURE_FORM = '{"inputs": [{"name": "x", "datatype": "FP32", "shape": [64]}], "outputs": [...]}';

async function readSignature(file: string): Promise<unknown> {
  const path = givenPath(file);
  let read: unknown;
  try {
    read = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw refused(`--signature ${path}: ${messageOf(error)}`);
  }
  const parsed = SIGNATURE.safeParse(read);
  if (parsed.success) return parsed.data;
  const [{ path: at = [], message = "" } = {}] = parsed.error.issues;
  const where = at.length === 0 ? "" : `${at.join(".")}: `;
  throw refused(`--signature ${path}: ${where}${message}; expected ${SIGNATURE_FORM}`);
}

function inputOf(model: string, options: DeployOptions): object {
  const { framework, version, replicas, device, memory, niceness, cpus, activate, readyWithin } = options;
  return {
    ...{ model, framework, version, replicas, device, niceness, cpus, activate },
    memoryLimitBytes: memory,
    readyWithinMs: readyWithin === undefined ? undefined : readyWithin * 1000,
    options: options.option,
    requirements: options.requirement,
  };
}

/** Frameworks go by its ending; what else is in it matters to nobody. */
function fileNameOf(saved: string): string {
  const name = basename(saved)
    .replace(/[^A-Za-z0-9._-]/g, "_")
    .slice(-100);
  return /^[A-Za-z0-9_]/.test(name) ? name : `model${name}`.slice(0, 100);
}

/** As it is when it is not under way any more, telling how far it is until then. */
export async function followed(client: Client, begun: Deployment, terminal: Terminal): Promise<Deployment> {
  let now = begun;
  while (now.status === "PREPARING" || now.status === "STARTING" || now.changing) {
    terminal.progress(`version ${now.version} of ${now.model}: ${now.progress}`.slice(0, 160));
    await pause(ASK_EVERY_MS);
    now = await client.ask("deployment", ASK, { id: begun.id }, DEPLOYMENT);
  }
  return now;
}

const CURRENT = z.object({ currentVersion: z.number() }).nullable();

async function currentVersion(client: Client, name: string): Promise<number | undefined> {
  const query = "query Current($name: String!) { model(name: $name) { currentVersion } }";
  return (await client.ask("model", query, { name }, CURRENT))?.currentVersion;
}

function failureText(
  { id, model, version, reason, progress, lastLines }: Deployment,
  current: number | undefined,
): string {
  const lines = lastLines.map((line) => `  ${wrapperLine(line)}`);
  const said = lines.length === 0 ? [] : ["its wrappers said last:", ...lines];
  const what = `version ${version} of ${model} does not serve (deployment ${id}): ${reason ?? progress}`;
  const remains = current === undefined ? [] : [`version ${current} is current, as before`];
  return [what, ...said, ...remains].join("\n");
}

function servesText({ id, model, version, replicas, readyReplicas }: Deployment, { activate }: DeployOptions): string {
  const ready = `version ${version} of ${model} serves: ${readyReplicas ?? 0} of ${replicas} replicas are ready (deployment ${id})`;
  return activate ? ready : `${ready}\n  to make it current: skysail rollback ${model} --version ${version}`;
}
