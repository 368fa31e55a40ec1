import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { Client, refused } from "./client.js";
import { DEPLOYMENT, DEPLOYMENT_FIELDS, followed } from "./deploy.js";
import type { Terminal } from "./replay.js";
import { wrapperLine } from "./wrapperLine.js";

export interface ModelOptions {
  readonly version?: number;
  readonly url: string;
  readonly json?: true;
}

const REPLICA = z.object({ state: z.string(), problem: z.string().nullable() });
const VERSION = z.object({
  version: z.number(),
  current: z.boolean(),
  serving: z.boolean(),
  endpoints: z.array(z.string()),
  replicas: z.array(REPLICA),
});
const MODEL = z
  .object({
    name: z.string(),
    currentVersion: z.number(),
    versionConnection: z.object({ edges: z.array(z.object({ node: VERSION })) }),
  })
  .transform(({ versionConnection: { edges }, ...model }) => ({ ...model, versions: edges.map(({ node }) => node) }));
const PAGE = z.object({
  edges: z.array(z.object({ node: MODEL })),
  pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
});

type Model = z.infer<typeof MODEL>;
type Version = z.infer<typeof VERSION>;

/** Of versions the newest, as many as a page has. */
const MODEL_FIELDS = `name currentVersion
  versionConnection(first: 100) { edges { node { version current serving endpoints replicas { state problem } } } }`;
const MODELS = `query Models($after: String) {
  models(first: 100, after: $after) { edges { node { ${MODEL_FIELDS} } } pageInfo { hasNextPage endCursor } }
}`;
const ONE_MODEL = `query Model($name: String!) { model(name: $name) { ${MODEL_FIELDS} } }`;
const SET_CURRENT = `mutation Rollback($input: SetCurrentVersionInput!) {
  setCurrentVersion(input: $input) { __typename ... on ModelVersion { version } ... on Failure { code message } }
}`;
const UNDEPLOY = `mutation Undeploy($input: UndeployModelInput!) { undeployModel(input: $input) { ${DEPLOYMENT_FIELDS} } }`;
const SET_REPLICAS = `mutation SetReplicas($input: SetReplicasInput!) { setReplicas(input: $input) { ${DEPLOYMENT_FIELDS} } }`;
const LOG = `query WrapperLog($model: String!, $version: Int, $last: Int!, $afterSeq: Float!) {
  wrapperLog(model: $model, version: $version, last: $last, afterSeq: $afterSeq) {
    __typename ... on WrapperLog { version lines { seq at text } } ... on Failure { code message }
  }
}`;
const LINES = z.object({
  version: z.number(),
  lines: z.array(z.object({ seq: z.number(), at: z.iso.datetime(), text: z.string() })),
});
const ASK_EVERY_MS = 250;

/** What the server knows of models: their versions, and how many replicas of each are ready. */
export async function models({ url, json }: ModelOptions, terminal: Terminal): Promise<void> {
  const client = new Client(url);
  const all: Model[] = [];
  for (let after: string | null = null; ;) {
    const page: z.infer<typeof PAGE> = await client.ask("models", MODELS, { after }, PAGE);
    all.push(...page.edges.map(({ node }) => node));
    after = page.pageInfo.endCursor;
    if (!page.pageInfo.hasNextPage) break;
  }
  terminal.out(json === true ? JSON.stringify(all, null, 2) : modelsText(all));
}

function modelsText(all: readonly Model[]): string {
  if (all.length === 0) return "no models yet: skysail deploy brings one";
  return all.flatMap(({ name, versions }) => [name, ...versions.map(versionText)]).join("\n");
}

function versionText({ version, current, serving, replicas }: Version): string {
  const ready = replicas.filter(({ state }) => state === "READY").length;
  const problems = replicas.flatMap(({ problem }) => problem ?? []);
  // It answers, as far as it is able to.
  const marks = [...(current ? ["current"] : []), ...(serving && ready > 0 ? ["serving"] : [])].join(", ");
  const why = problems.length === 0 ? "" : `; ${problems[0]?.slice(0, 120)}`;
  return `  ${String(version).padStart(4)}  ${marks.padEnd(16)}  ${ready} of ${replicas.length} replicas ready${why}`;
}

/** Makes an earlier version current again: one that was named, or the last before the current one that can answer. */
export async function rollback(name: string, { url, version, json }: ModelOptions, terminal: Terminal): Promise<void> {
  const client = new Client(url);
  const model = await client.ask("model", ONE_MODEL, { name }, MODEL.nullable());
  if (model === null) throw refused(`there is no model ${name}: skysail models lists them`);
  const to = version ?? earlierVersion(model);
  await client.ask("setCurrentVersion", SET_CURRENT, { input: { model: name, version: to } }, z.unknown());
  const was = model.currentVersion;
  if (json === true) return terminal.out(JSON.stringify({ model: name, currentVersion: to, was }, null, 2));
  const changed =
    to === was
      ? `version ${to} of ${name} is current, as it was`
      : `version ${to} of ${name} is current, version ${was} was`;
  const isReady = model.versions.some(({ version: each, replicas }) => each === to && isAnyReady(replicas));
  const others = to === was ? "" : `; while version ${was} has one, that answers`;
  terminal.out(
    isReady
      ? changed
      : `${changed}\n  it has no ready replica: deploy it again (skysail deploy ${name} --version ${to} ...)${others}`,
  );
}

function isAnyReady(replicas: Version["replicas"]): boolean {
  return replicas.some(({ state }) => state === "READY");
}

function earlierVersion({ name, currentVersion, versions }: Model): number {
  const earlier = versions.filter((each) => each.version < currentVersion);
  const ready = earlier.find(({ replicas }) => isAnyReady(replicas));
  if (ready !== undefined) return ready.version;
  const last = earlier[0]?.version;
  throw refused(
    last === undefined
      ? `model ${name} has no version before ${currentVersion}`
      : `no version of ${name} before ${currentVersion} has a ready replica: deploy one again (skysail deploy ${name} --version ${last} ...)`,
  );
}

export interface UndeployOptions extends ModelOptions {
  readonly force?: true;
}

export async function undeploy(model: string, options: UndeployOptions, terminal: Terminal): Promise<void> {
  const { url, version, force, json } = options;
  const ended = await new Client(url).ask("undeployModel", UNDEPLOY, { input: { model, version, force } }, DEPLOYMENT);
  if (json === true) return terminal.out(JSON.stringify(ended, null, 2));
  terminal.out(`version ${ended.version} of ${model} does not run here any more (deployment ${ended.id})`);
}

const REMOVE = `mutation RemoveVersion($input: RemoveModelVersionInput!) {
  removeModelVersion(input: $input) { __typename ... on Model { currentVersion } ... on Failure { code message } }
}`;
const REMOVED = z.object({ currentVersion: z.number() });

export interface RemoveOptions extends ModelOptions {
  readonly version: number;
}

/** For good. */
export async function remove(model: string, { url, version, json }: RemoveOptions, terminal: Terminal): Promise<void> {
  const removed = await new Client(url).ask("removeModelVersion", REMOVE, { input: { model, version } }, REMOVED);
  if (json === true) return terminal.out(JSON.stringify({ model, removed: version }, null, 2));
  // The current version goes only as the last one.
  const isLast = removed.currentVersion === version;
  terminal.out(`version ${version} of ${model} ${isLast ? "was its last: the model is removed" : "is removed"}`);
}

const PRUNE = `mutation Prune($input: PruneDeploymentsInput!) {
  pruneDeployments(input: $input) { __typename ... on PrunedDeployments { artifacts environments } ... on Failure { code message } }
}`;
const PRUNED = z.object({ artifacts: z.array(z.string()), environments: z.array(z.string()) });

export interface PruneOptions extends ModelOptions {
  readonly unusedDays: number;
}

/** Removes what nothing on the server runs from. */
export async function prune({ url, unusedDays, json }: PruneOptions, terminal: Terminal): Promise<void> {
  const pruned = await new Client(url).ask("pruneDeployments", PRUNE, { input: { unusedDays } }, PRUNED);
  if (json === true) return terminal.out(JSON.stringify(pruned, null, 2));
  const lines = [...pruned.artifacts.map((name) => `saved model ${name}`), ...pruned.environments];
  terminal.out(lines.length === 0 ? "nothing to remove" : lines.map((line) => `removed ${line}`).join("\n"));
}

export interface ReplicasOptions extends ModelOptions {
  readonly set: number;
}

/** Changes how many processes serve a version, and waits until they are there. */
export async function setReplicas(model: string, options: ReplicasOptions, terminal: Terminal): Promise<void> {
  const { url, version, set: replicas, json } = options;
  const client = new Client(url);
  const input = { model, version, replicas };
  const begun = await client.ask("setReplicas", SET_REPLICAS, { input }, DEPLOYMENT);
  const now = await followed(client, begun, terminal);
  if (now.readyReplicas !== replicas) throw refused(`version ${now.version} of ${model}: ${now.progress}`);
  terminal.out(json === true ? JSON.stringify(now, null, 2) : `version ${now.version} of ${model}: ${now.progress}`);
}

export interface LogsOptions extends ModelOptions {
  readonly lines: number;
  readonly follow?: true;
}

/** What a version's wrappers printed; with `--follow`, until it is interrupted. */
export async function logs(model: string, options: LogsOptions, terminal: Terminal): Promise<void> {
  const { url, lines: last, follow, json } = options;
  const client = new Client(url);
  let { version } = options;
  let afterSeq = 0;
  for (let count = last; ; count = 1000) {
    const answer = await client.ask("wrapperLog", LOG, { model, version, last: count, afterSeq }, LINES);
    const { lines } = answer;
    // Another one may become current meanwhile, whose lines are counted anew.
    version = answer.version;
    for (const line of lines) terminal.out(json === true ? JSON.stringify(line) : lineText(line.text, line.at));
    afterSeq = lines.at(-1)?.seq ?? afterSeq;
    if (follow !== true) return;
    await pause(ASK_EVERY_MS);
  }
}

function lineText(text: string, at: string): string {
  return `${at.slice(11, 23)} ${wrapperLine(text)}`;
}
