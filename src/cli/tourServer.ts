import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { failure, FailureError } from "../domain/failure.js";

const PROGRAM = fileURLToPath(new URL("../main.js", import.meta.url));

/** A server that is there for the tour alone. */
export interface OwnServer {
  readonly url: string;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Whether anything takes connections there. What it is turns out when it is asked. */
export async function listens(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/health/live`);
    return true;
  } catch {
    return false;
  }
}

/**
 * A server with an embedded database in a folder of its own, on a free port, with the one example. Nothing of the
 * environment chooses its settings: somebody's `DATABASE_URL` is no place for a tour.
 */
export async function startOwnServer(example: string, signal: AbortSignal): Promise<OwnServer> {
  const folder = await mkdtemp(join(tmpdir(), "skysail-tour-"));
  const args = ["--port", "0", "--data-dir", join(folder, "data"), "--example", example, "--log-level", "error"];
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    env: ownEnvironment(process.env),
    // A signal from the terminal is for the tour, which then stops the server.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  signal.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
  try {
    return { url: await urlOf(child), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function ownEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => name !== "DATABASE_URL" && !name.startsWith("SKYSAIL_"));
  return { ...Object.fromEntries(kept), NODE_ENV: "production" };
}

async function urlOf({ stdout, stderr }: ChildProcess): Promise<string> {
  if (stdout === null || stderr === null) throw new TypeError("the server's output is not piped");
  const said = text(stderr);
  for await (const line of createInterface({ input: stdout })) {
    const url = /^ {2}GraphQL +(http:\S+)\/graphql/.exec(line)?.[1];
    if (url === undefined) continue;
    stdout.resume();
    return url;
  }
  throw new FailureError(failure("INTERNAL", `the tour's own server did not start: ${(await said).trim()}`));
}
