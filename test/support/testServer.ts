import { afterAll } from "@jest/globals";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { TypedDocumentString } from "../generated/graphql.js";
import { OwnProcess, until } from "./ownProcesses.js";
import { temporaryFolder } from "./postgres.js";
import type { Exit } from "./wrapperProcess.js";

export interface ServerOptions {
  /** Default: no example, so that a start takes a second. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default: a folder of its own. */
  readonly folder?: string;
  /** Through `npm start`, as people do. */
  readonly npm?: boolean;
  readonly cwd?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Of a refusal under pressure (src/serving/pressure.ts). */
const NO_TIME = "the server is short of memory or time";

/** The real server as a process, with a client for what it serves. */
export class TestServer {
  readonly process: OwnProcess;
  readonly folder: string;
  #url: string | undefined;

  constructor(folder: string, { args = ["--example", "none"], env = {}, npm = false, cwd }: ServerOptions) {
    const program = npm ? (["npm", "start", "--"] as const) : ([process.execPath, "dist/src/main.js"] as const);
    const own = ["--port", "0", "--data-dir", join(folder, "data")];
    this.folder = folder;
    this.process = new OwnProcess([...program, ...own, ...args], { env, folder, ...(cwd !== undefined && { cwd }) });
  }

  get url(): string {
    if (this.#url === undefined) throw new Error("the server is not ready");
    return this.#url;
  }

  get banner(): string {
    return this.process.stdout.text;
  }

  /** Resolves when the banner is there; rejects with what the server said if it ended instead. */
  async whenReady(): Promise<this> {
    const banner = this.process.stdout.line(/^ {2}GraphQL /).then(async (line) => {
      await this.process.stdout.line(/^ {2}Database /);
      return line;
    });
    const line = await Promise.race([banner, this.process.exited.then(() => undefined)]);
    const url = /https?:\/\/\S+(?=\/graphql)/.exec(line ?? "")?.[0];
    if (url === undefined) throw new Error(`the server ended before it was ready: ${this.process.stderr.text}`);
    this.#url = url;
    return this;
  }

  /**
   * The data of one operation. Rejects with the errors, if there are any. A query that is refused since the machine is busy
   * with other things, as after a start beside other tests, is asked again: such an answer asks for that.
   */
  async ask<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): Promise<Result> {
    const isQuery = /^\s*query\b/.test(document.toString());
    let data: Result | undefined;
    await until("the server takes the query", async () => {
      data = await this.askOnce(document, variables);
      return !isQuery || !JSON.stringify(data).includes(NO_TIME);
    });
    return data as Result;
  }

  /** The same, whatever the answer. */
  async askOnce<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): Promise<Result> {
    const { text } = await this.post({ query: document.toString(), variables });
    const { data, errors } = JSON.parse(text) as { data: Result; errors?: unknown };
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** One POST to /graphql; an object is sent as JSON, text as it is. */
  post(body: object | string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    return this.request("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  /** An answer in server-sent events, begun. */
  events(body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream", ...headers },
      body: JSON.stringify(body),
    });
  }

  async request(path: string, init: RequestInit = {}): Promise<HttpAnswer> {
    const response = await fetch(`${this.url}${path}`, init);
    return {
      status: response.status,
      contentType: response.headers.get("content-type") ?? "",
      text: await response.text(),
    };
  }

  /** The value of one metric, the sum over labels that are not given. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const { text } = await this.request("/metrics");
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    const matching = lines.filter((line) => wanted.every((label) => line.includes(label)));
    return matching.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  /** SIGTERM, and the exit. */
  async stop(): Promise<Exit> {
    if (!this.process.ended) this.process.signal("SIGTERM");
    return this.process.exited;
  }
}

/**
 * Starts servers for one test file. After its tests all of them are stopped, which must succeed with exit code 0, and
 * whatever any of them left running fails the file.
 */
export function testServers(): {
  start(options?: ServerOptions): Promise<TestServer>;
  /** Not waited for: for starts that fail or are interrupted. */
  launch(options?: ServerOptions): Promise<TestServer>;
} {
  const servers: TestServer[] = [];
  const folders: string[] = [];
  const launch = async (options: ServerOptions = {}): Promise<TestServer> => {
    const folder = options.folder ?? (await temporaryFolder());
    folders.push(folder);
    const server = new TestServer(folder, options);
    servers.push(server);
    return server;
  };
  afterAll(async () => {
    const failed = await Promise.all(servers.map(stopped));
    // Only now: servers that shared a folder would find each other's processes in it.
    const left = await Promise.all(servers.map(leftBehind));
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
    const found = [...failed, ...left].filter((problem) => problem !== undefined);
    if (found.length > 0) throw new Error(found.join("\n"));
  });
  return { launch, start: async (options) => (await launch(options)).whenReady() };
}

/** A machine that is busy with other tests needs longer than the server does. */
const STOP_WITHIN_MS = 60_000;

async function stopped(server: TestServer): Promise<string | undefined> {
  if (server.process.ended) return undefined;
  const timeout = setTimeout(() => void server.process.killAll(), STOP_WITHIN_MS);
  const { code, signal } = await server.stop();
  clearTimeout(timeout);
  if (code === 0) return undefined;
  return `the server ended with ${signal ?? code} when told to stop: ${server.process.stderr.text}`;
}

async function leftBehind(server: TestServer): Promise<string | undefined> {
  const left = [...server.process.running()];
  if (left.length === 0) return undefined;
  await server.process.killAll();
  return `left running by ${server.process.pid}: ${JSON.stringify(left)}`;
}
