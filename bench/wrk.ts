import { spawn, spawnSync } from "node:child_process";
import { z } from "zod";
import { BenchError } from "./bench.js";
import { bearer } from "./graphqlClient.js";
import { projectPath } from "./projectPath.js";

export interface LoadSpec {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** File with the body's template. */
  readonly template: string;
  readonly seed: number;
  /** Different requests, sent in turn; 0: each one is new. */
  readonly inputs: number;
  /** Sent with each. */
  readonly key?: string;
}

const ERRORS = z.object({
  connect: z.number(),
  read: z.number(),
  write: z.number(),
  status: z.number(),
  timeout: z.number(),
});

const LOAD = z.object({
  requests: z.number(),
  seconds: z.number(),
  p50Ms: z.number(),
  p90Ms: z.number(),
  p99Ms: z.number(),
  maxMs: z.number(),
  errors: ERRORS,
});

export type Load = z.infer<typeof LOAD>;

/** Throws before anything is started when the generator is not there. */
export function requireWrk(): void {
  const { error } = spawnSync("wrk", ["--version"], { stdio: "ignore" });
  if (error !== undefined) throw missing();
}

export interface ScriptSpec extends Pick<LoadSpec, "url" | "connections" | "seconds" | "key"> {
  /** Path of the Lua script, from the project's root. */
  readonly script: string;
  readonly args: readonly string[];
}

/** Bodies made from a template, by bench/predict.lua. */
export function runWrk({ template, seed, inputs, ...load }: LoadSpec, signal: AbortSignal): Promise<Load> {
  return runScript({ ...load, script: "bench/predict.lua", args: [template, String(seed), String(inputs)] }, signal);
}

/** One thread of wrk: a compiled generator, so that it takes little from the server it measures. Rejects on any error. */
export async function runScript(spec: ScriptSpec, signal: AbortSignal): Promise<Load> {
  const { url, connections, seconds, script, args, key } = spec;
  const headers = Object.entries(bearer(key)).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const shape = ["-t1", `-c${connections}`, `-d${seconds}s`, ...headers, "-s", projectPath(script)];
  const output = await outputOf([...shape, url, "--", ...args], signal);
  const line = output.split("\n").find((text) => text.startsWith('{"requests"'));
  if (line === undefined) throw new BenchError(`wrk gave no figures:\n${output}`);
  const load = LOAD.parse(JSON.parse(line));
  const failed = Object.entries(load.errors).filter(([, count]) => count > 0);
  if (failed.length > 0) {
    const counts = failed.map(([kind, count]) => `${kind} ${count}`).join(", ");
    throw new BenchError(`of ${load.requests} requests to ${url} some failed: ${counts}`);
  }
  return load;
}

function outputOf(args: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("wrk", args, { signal, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new BenchError(`wrk ended with exit code ${code}: ${output.trim()}`));
    });
  });
}

function missing(): BenchError {
  return new BenchError("wrk, the load generator, is not installed: apt-get install wrk (or your system's package)");
}
