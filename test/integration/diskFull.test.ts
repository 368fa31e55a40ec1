import { afterAll, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { chmodSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ObserveInput } from "../generated/graphql.js";
import { OBSERVE_MANY, PREDICT_LEARNED } from "../support/learningOperations.js";
import { until } from "../support/ownProcesses.js";
import { leaveOut, temporaryFolder } from "../support/postgres.js";
import { application, noop, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const wrappers = testWrappers();
const DISK = "160m";
const SUITE = "a server whose disk is full";

/** A file system of its own; undefined where we may not make one. */
async function smallDisk(): Promise<string | undefined> {
  const folder = await temporaryFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK},mode=0711`, "tmpfs", folder], { stdio: "pipe" });
  } catch {
    return undefined;
  }
  chmodSync(folder, 0o711);
  return folder;
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

const disk = await smallDisk();
if (disk === undefined) leaveOut(SUITE, "a file system can be mounted by root alone");
else suite(disk);

function suite(folder: string): void {
  const servers = testServers();
  // After the servers' own clean-up.
  afterAll(() => {
    execFileSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  async function ask(server: TestServer, x: number) {
    const input = { application: "lines", input: { values: [x] }, entity: "ann" };
    const { predict } = await server.ask(PREDICT_LEARNED, { input });
    if (predict.__typename !== "Prediction") throw new Error(JSON.stringify(predict));
    return predict;
  }

  test(`${SUITE} refuses observations, predicts on, and resumes when there is room again; nothing acknowledged is lost`, async () => {
    const server = await servers.start({ args: ["--example", "none", "--data-dir", join(folder, "data")] });
    await register(server, { model: "noop", wrappers: [await wrappers.start(noop())] });
    await application(server, "lines", ["noop"]);
    const { receipt } = await ask(server, 1);
    const acknowledged = new Map<string, number>();
    const codes = new Set<string>();
    let count = 0;
    const tell = async (): Promise<boolean> => {
      // Long keys, so that a few thousand rows fill what is left.
      const inputs = Array.from({ length: 500 }, (): ObserveInput => {
        return { of: { receipt }, key: `${count++}`.padEnd(200, "k"), truth: { number: 3 } };
      });
      const { observeMany } = await server.ask(OBSERVE_MANY, { inputs });
      observeMany.forEach((stored, i) => {
        if (stored.__typename === "Observation") acknowledged.set(inputs[i]?.key as string, stored.seq);
        else codes.add(stored.code);
      });
      return observeMany.every(({ __typename }) => __typename === "Observation");
    };
    expect(await tell()).toBe(true);
    const ballast = join(folder, "ballast");
    writeFileSync(ballast, Buffer.alloc(freeBytes(folder) - 2 ** 20));
    await until("the disk is full", async () => !(await tell()));
    expect([...codes].filter((code) => code !== "STORE_UNAVAILABLE" && code !== "OUTCOME_UNKNOWN")).toEqual([]);
    expect(await ask(server, 2)).toMatchObject({ __typename: "Prediction" });
    rmSync(ballast);
    await until("there is room again", tell);
    const all = [...acknowledged];
    for (let from = 0; from < all.length; from += 500) {
      const part = all.slice(from, from + 500);
      const inputs = part.map(([key]) => ({ of: { receipt }, key, truth: { number: 3 } }));
      const { observeMany } = await server.ask(OBSERVE_MANY, { inputs });
      observeMany.forEach((stored, i) => {
        expect(stored).toMatchObject({ __typename: "Observation", duplicate: true, seq: part[i]?.[1] });
      });
    }
  });
}
