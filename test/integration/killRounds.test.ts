import { expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { cleanEnvironment } from "../support/ownProcesses.js";

interface Result {
  readonly acknowledged: number;
  readonly lost: number;
  readonly doubled: number;
  readonly differing: number;
  readonly deletionFound: number;
  readonly kills: { readonly server: number; readonly postgres: number };
  readonly problems: readonly string[];
}

test("kill -9 of server and PostgreSQL loses nothing acknowledged, doubles nothing, and leaves the states that the log tells", async () => {
  // The scenario's own server, clusters, clients and checker: see bench/durabilityScenario.ts.
  const args = ["dist/bench/main.js", "durability", "--runs", "5", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: cleanEnvironment() });
  const { result } = JSON.parse(stdout.trim().split("\n").at(-1) as string) as { result: Result };
  expect(result.problems).toEqual([]);
  expect(result).toMatchObject({ lost: 0, doubled: 0, differing: 0, kills: { server: 3, postgres: 2 } });
  expect(result.acknowledged).toBeGreaterThan(50);
  // A row deleted on purpose was found, and nothing else: the checker sees what it is there for.
  expect(result.deletionFound).toBe(1);
}, 450_000);
