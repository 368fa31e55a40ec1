import { beforeAll, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { LEARNED_STATE } from "../support/learningOperations.js";
import { PREDICT } from "../support/operations.js";
import { OwnProcess } from "../support/ownProcesses.js";
import { temporaryFolder } from "../support/postgres.js";
import { application } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
const [{ text: PASSAGE }] = (JSON.parse(readFileSync("examples/reading/tour.json", "utf8")) as Plan).asked;

interface Plan {
  readonly asked: readonly [{ readonly text: string }];
}

interface Taken {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Processes, and what is among the temporary files: ONNX Runtime's reports of its use would be there too. */
  readonly left: readonly unknown[];
}

/** Runs the tour in a folder of its own, and stops it by a signal at a line, if one is given. */
async function take(
  args: readonly string[],
  { env = {}, stopAt }: { readonly env?: Record<string, string>; readonly stopAt?: RegExp } = {},
): Promise<Taken> {
  const folder = await temporaryFolder();
  const tour = new OwnProcess([process.execPath, "dist/src/cli/tour.js", ...args], {
    env: { ...env, TMPDIR: folder },
    folder,
  });
  if (stopAt !== undefined) {
    await tour.stdout.line(stopAt);
    tour.signal("SIGINT");
  }
  const { code } = await tour.exited;
  const left = [...tour.running(), ...(await readdir(folder))];
  await tour.killAll();
  await rm(folder, { recursive: true, force: true });
  return { code, stdout: tour.stdout.text, stderr: tour.stderr.text, left };
}

/** The cells of a row of the table that follows a heading. */
function row(text: string, heading: RegExp, name: string): string[] {
  const from = text.search(heading);
  const line = text
    .slice(from)
    .split("\n")
    .find((one) => one.startsWith(`  ${name} `));
  return (line ?? "").trim().split(/\s{2,}/);
}

describe("the tour", () => {
  let server: TestServer;
  let first: Taken;
  beforeAll(async () => {
    server = await servers.start({ args: ["--example", "reading"] });
    first = await take(["--url", server.url]);
  });

  async function asked(entity: string) {
    const input = { application: "reading", entity, input: { text: PASSAGE } };
    const { predict } = await server.ask(PREDICT, { input });
    if (predict.__typename !== "Prediction" || !("scores" in predict.output)) throw new Error(JSON.stringify(predict));
    const { label, scores } = predict.output;
    return { label, read: scores.find((one) => one.label === "read")?.score.toFixed(3) };
  }

  test("says what really happened: Ann's answer changed, and Ben's did not", async () => {
    expect(first).toMatchObject({ code: 0, stderr: "", left: [] });
    const [, was, is, change, answer] = row(first.stdout, /^5\. PREDICT/m, "Ann");
    expect(answer).toBe("skip -> read");
    expect(Number(is) - Number(was)).toBeCloseTo(Number(change), 2);
    expect(await asked("ann")).toMatchObject({ label: "read" });
    const ben = row(first.stdout, /^5\. PREDICT/m, "Ben");
    expect(ben.slice(3, 5)).toEqual(["0.000", "skip -> skip"]);
    expect(await asked("ben")).toEqual({ label: "skip", read: ben[2] });
  });

  test("shows the weights that the server has learned", async () => {
    const { learnedState } = await server.ask(LEARNED_STATE, { application: "reading", entity: "ben" });
    if (learnedState.__typename !== "LearnedState") throw new Error(learnedState.__typename);
    const { intercept = NaN, weights = [] } = learnedState.regression.find(({ label }) => label === "read") ?? {};
    const shown = ["(always)", "conflicts", "economy", "history", "media", "nature", "politics", "symbols"];
    const ben = shown.map((topic) => Number(row(first.stdout, /and the weights of/, topic)[4]));
    for (const [i, weight] of [intercept, ...weights].entries()) expect(ben[i]).toBeCloseTo(weight, 2);
    expect(learnedState).toMatchObject({ observations: 6, personalised: true });
  });

  test("takes out what a corrected observation had taught Ann", async () => {
    const [, was, is] = row(first.stdout, /^7\. CORRECT/m, "Ann");
    expect(Number(is)).toBeGreaterThan(Number(was));
    expect(row(first.stdout, /^7\. CORRECT/m, "Ben")[3]).toBe("0.000");
    const { learnedState } = await server.ask(LEARNED_STATE, { application: "reading", entity: "ann" });
    expect(learnedState).toMatchObject({ observations: 6 });
  });

  test("fits a terminal of 90 columns, without colours", () => {
    for (const line of first.stdout.split("\n")) expect(line).toMatch(/^[\x20-\x7e]{0,90}$/);
  });

  test("begins anew where something was learned, and then says the same", async () => {
    const second = await take(["--url", `${server.url}/graphql`]);
    expect(second).toMatchObject({ code: 0, stderr: "" });
    expect(second.stdout).toContain("the tour begins anew (resetPolicy)");
    expect(row(second.stdout, /^5\. PREDICT/m, "Ann")).toEqual(row(first.stdout, /^5\. PREDICT/m, "Ann"));
    expect(row(second.stdout, /^7\. CORRECT/m, "Ann")).toEqual(row(first.stdout, /^7\. CORRECT/m, "Ann"));
  });

  test("refuses an application of that name with another policy, and names the way", async () => {
    const other = await servers.start();
    await application(other, "reading", [], { policy: { ensemble: {} } });
    const { code, stderr } = await take(["--url", other.url]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tour: .* with policy ENSEMBLE: make it LINEAR again .*--own$/);
  });
});

describe("the tour on a server of its own", () => {
  test("goes through whatever database the environment names, and leaves nothing", async () => {
    const env = {
      DATABASE_URL: "postgres://127.0.0.1:1/nowhere",
      SKYSAIL_EXAMPLE: "none",
      SKYSAIL_URL: "http://127.0.0.1:1",
    };
    const { code, stdout, stderr, left } = await take(["--own"], { env });
    expect({ code, stderr, left }).toEqual({ code: 0, stderr: "", left: [] });
    expect(stdout).toContain("a server of its own");
  });

  test("can be interrupted, and leaves nothing", async () => {
    const taken = await take(["--own"], { stopAt: /^1\. PREDICT/ });
    expect(taken).toMatchObject({ code: 1, stderr: "tour: interrupted", left: [] });
  });
});

test("the tour asks the server that the environment names, as the commands do", async () => {
  const { code, stderr } = await take([], { env: { SKYSAIL_URL: "http://127.0.0.1:1" } });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("http://127.0.0.1:1: nothing listens") });
});

describe("the tour refuses in one line, with exit code 1,", () => {
  test.each([
    [
      "an address where nothing listens",
      ["--url", "http://127.0.0.1:1"],
      /nothing listens there; start it \(npm start\)/,
    ],
    ["an address that is none", ["--url", "localhost"], /--url localhost: expected an address like http/],
    ["a server to use and to start at once", ["--own", "--url", "http://127.0.0.1:1"], /--own starts a server/],
    ["an unknown option", ["--ulr", "x"], /--ulr.*Did you mean --url.*--help/],
  ])("%s", async (_, args, words) => {
    const { code, stdout, stderr } = await take(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^tour: (?!defect).+$/);
    expect(stderr).toMatch(words);
  });

  test("a server without the example", async () => {
    const server = await servers.start();
    const { code, stderr } = await take(["--url", server.url]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tour: .* has no application "reading": start it with --example all .*--own$/);
  });

  test("what is no Skysail server", async () => {
    const other = createServer((_, response) => response.end("<html>")).listen(0, "127.0.0.1");
    await once(other, "listening");
    const { code, stderr } = await take(["--url", `http://127.0.0.1:${(other.address() as AddressInfo).port}`]);
    other.closeAllConnections();
    other.close();
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/is no Skysail server$/) as unknown,
    });
  });

  test("and prints its help with exit code 0", async () => {
    const { code, stdout } = await take(["--help"]);
    expect(code).toBe(0);
    for (const option of ["--url", "--own", "Exit code"]) expect(stdout).toContain(option);
  });
});
