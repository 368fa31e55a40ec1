import { beforeAll, describe, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { getPriority } from "node:os";
import { join } from "node:path";
import { change, deployment, ended, model, put, putFile, skysail, wrapperPids } from "../support/deploying.js";
import type { Deployment } from "../support/deploying.js";
import { until } from "../support/ownProcesses.js";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { application, predict, readyReplicas } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const MODELS = "examples/digits/models";
const MLP = `${MODELS}/digits-mlp.onnx`;
const LOGISTIC = `${MODELS}/digits-logistic.onnx`;
const DIGITS = {
  input: [{ name: "pixels", datatype: "FP32" as const, shape: [64] }],
  output: { label: { labels: Array.from({ length: 10 }, (_, digit) => String(digit)) } },
};
const ZERO = [
  0, 0, 4, 14, 14, 4, 0, 0, 0, 0, 15, 10, 10, 13, 0, 0, 0, 5, 15, 0, 2, 15, 6, 0, 0, 4, 13, 0, 0, 14, 8, 0, 0, 6, 9, 0,
  0, 12, 7, 0, 0, 3, 14, 1, 0, 12, 5, 0, 0, 0, 12, 9, 6, 15, 2, 0, 0, 0, 3, 14, 14, 6, 0, 0,
];

const servers = testServers();
let server: TestServer;
let mlp: string;
let logistic: string;
let asked = 0;

beforeAll(async () => {
  server = await servers.start();
  mlp = await putFile(server, MLP);
  logistic = await putFile(server, LOGISTIC);
});

/** Of a server with a PostgreSQL of its own: where another one can find it. */
function databaseOf({ folder }: TestServer): string {
  const { clusterDir, password } = JSON.parse(readFileSync(join(folder, "data", "skysail.json"), "utf8")) as {
    readonly clusterDir: string;
    readonly password: string;
  };
  const port = readFileSync(join(clusterDir, "postmaster.pid"), "utf8").split("\n")[3] ?? "";
  return `postgres://skysail:${password}@127.0.0.1:${port}/postgres`;
}

/** Deploys and waits; a deployment that is refused at once is what it is. */
async function deploy(input: object, on = server): Promise<Deployment> {
  const begun = await change(on, "deployModel", { framework: "onnx", ...input });
  return begun.__typename === "Deployment" ? ended(on, begun) : begun;
}

/** An answer that no cache had: of the model's own. */
async function answers(name: string, on = server): Promise<string | undefined> {
  const values = ZERO.map((value, i) => (i === 0 ? ++asked / 1e6 : value));
  const answer = await predict(on, name, { values });
  return answer.__typename === "Prediction" && "label" in answer.output ? answer.output.label : answer.__typename;
}

describe("a deployed model", () => {
  test("answers for an application as soon as it serves, and is the current version", async () => {
    const deployed = await deploy({ artifact: mlp, model: "first", replicas: 2 });
    expect(deployed).toMatchObject({ status: "SERVING", version: 1, here: true, readyReplicas: 2 });
    expect(await model(server, "first")).toMatchObject({ currentVersion: 1 });
    await application(server, "first-app", ["first"], DIGITS);
    expect(await answers("first-app")).toBe("0");
    expect(wrapperPids(server, "first")).toHaveLength(2);
  });

  test("of another version takes over when it is ready; the one before stays for a way back", async () => {
    await deploy({ artifact: mlp, model: "next" });
    await application(server, "next-app", ["next"], DIGITS);
    expect(await deploy({ artifact: logistic, model: "next" })).toMatchObject({ status: "SERVING", version: 2 });
    expect(await model(server, "next")).toMatchObject({ currentVersion: 2 });
    expect(await answers("next-app")).toBe("0");
    const back = await skysail(server, "rollback", "next");
    expect(back).toMatchObject({ code: 0, stdout: "version 1 of next is current, version 2 was\n" });
    expect(await answers("next-app")).toBe("0");
    const again = await skysail(server, "rollback", "next", "--version", "1");
    expect(again.stdout).toBe("version 1 of next is current, as it was\n");
    await skysail(server, "undeploy", "next", "--version", "2");
    const unready = await skysail(server, "rollback", "next", "--version", "2");
    expect(unready.stdout).toMatch(
      /version 1 was\n {2}it has no ready replica: deploy it again .*--version 2 \.\.\.\); while/,
    );
    expect((await skysail(server, "models")).stdout).toMatch(/next\n {5}2 {2}current {11}0 of 0 replicas ready/);
  });

  test("ends the wrappers of all but the latest two versions before it", async () => {
    const processes = (...versions: number[]) => versions.map((one) => wrapperPids(server, "weekly", one).length);
    const first = await deploy({ artifact: mlp, model: "weekly" });
    for (const artifact of [logistic, mlp]) await deploy({ artifact, model: "weekly" });
    expect(processes(1, 2, 3)).toEqual([1, 1, 1]);
    await deploy({ artifact: logistic, model: "weekly" });
    const removed = async (): Promise<boolean> => (await deployment(server, first.id)).status === "REMOVED";
    await until("version 1 has gone", removed);
    expect((await deployment(server, first.id)).reason).toBe("2 earlier versions are kept (--kept-versions)");
    expect(processes(1, 2, 3, 4)).toEqual([0, 1, 1, 1]);
    // It can be deployed again, from the same artefact.
    const again = await deploy({ artifact: mlp, model: "weekly", version: 1, activate: false });
    expect(again).toMatchObject({ status: "SERVING" });
  });

  test("that fails leaves the one before serving, no trace, and says why with its last lines", async () => {
    await deploy({ artifact: mlp, model: "kept" });
    await application(server, "kept-app", ["kept"], DIGITS);
    const broken = await put(server, Buffer.from("no model"));
    const failed = await deploy({ artifact: broken, model: "kept", memoryLimitBytes: 2 ** 32 });
    expect(failed).toMatchObject({ status: "FAILED", version: 2 });
    expect(failed.reason).toMatch(
      /^the wrapper of kept@2 ended with exit code 1 before it was ready: .+ \(memory limit of each process: 4096 MiB\)$/,
    );
    expect(failed.lastLines.at(-1)).toBe("ended with exit code 1");
    const state = await model(server, "kept");
    expect({ current: state?.currentVersion, versions: state?.versions.length }).toEqual({ current: 1, versions: 1 });
    expect(await answers("kept-app")).toBe("0");
    expect(wrapperPids(server, "kept", 2)).toEqual([]);
    expect(existsSync(join(server.folder, "data", "deployments", failed.id))).toBe(false);
  });

  test("is followed from its first progress to its end", async () => {
    const client = createClient({
      url: `${server.url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    });
    const query = `subscription { deployments { id model status progress readyReplicas } }`;
    const changes = client.iterate<{ readonly deployments: Deployment & { readonly model: string } }>({ query });
    const seen: string[] = [];
    let begun: Promise<Deployment> | undefined;
    for await (const { data } of changes) {
      // It tells first what runs already.
      begun ??= change(server, "deployModel", { framework: "onnx", artifact: mlp, model: "followed" });
      if (data?.deployments.model !== "followed") continue;
      if (seen.at(-1) !== data.deployments.status) seen.push(data.deployments.status);
      if (data.deployments.status === "SERVING" && data.deployments.readyReplicas === 1) break;
    }
    expect(seen.filter((status) => status !== "PREPARING")).toEqual(["STARTING", "SERVING"]);
    const { id } = (await begun) ?? { id: "" };
    const one = client.iterate<{ readonly deployments: Deployment }>({
      query: `subscription { deployments(id: "${id}") { status readyReplicas } }`,
    });
    const first = (await one.next()) as { readonly value: { readonly data: unknown } };
    expect(first.value.data).toEqual({ deployments: { status: "SERVING", readyReplicas: 1 } });
    for (const unknown of ["999999", "x"]) {
      const none = client.iterate({ query: `subscription { deployments(id: "${unknown}") { status } }` });
      expect(await none.next()).toMatchObject({ value: { errors: [{ extensions: { code: "NOT_FOUND" } }] } });
    }
    await client.dispose();
  });

  test("that an application could not use does not become current", async () => {
    await deploy({ artifact: mlp, model: "fits" });
    await application(server, "fits-app", ["fits"], DIGITS);
    const other = await putFile(server, "examples/reading/models/reading-topics.onnx");
    const failed = await deploy({ artifact: other, model: "fits" });
    expect(failed.status).toBe("FAILED");
    expect(failed.reason).toContain("fits-app");
    expect(await model(server, "fits")).toMatchObject({ currentVersion: 1 });
    expect(await answers("fits-app")).toBe("0");
    expect(wrapperPids(server, "fits", 2)).toEqual([]);
  });

  test("is the one that is there when it is asked for again, and a conflict with another artefact", async () => {
    const input = { artifact: mlp, model: "again", version: 7 };
    const first = await deploy(input);
    expect(await deploy(input)).toMatchObject({ status: "SERVING", id: first.id });
    expect(await deploy({ ...input, artifact: logistic })).toMatchObject({ __typename: "Conflict" });
    const other = await deploy({ ...input, niceness: 3 });
    expect(other).toMatchObject({ __typename: "Conflict", message: expect.stringContaining("another niceness") });
    expect(wrapperPids(server, "again", 7)).toHaveLength(1);
  });

  test("gets as many processes as it is told, and those that go are gone", async () => {
    await deploy({ artifact: mlp, model: "many" });
    expect(await skysail(server, "replicas", "many", "--set", "3")).toMatchObject({ code: 0 });
    await readyReplicas(server, "many", 3);
    expect(wrapperPids(server, "many")).toHaveLength(3);
    await change(server, "setReplicas", { model: "many", replicas: 1 });
    const late = { model: "many", replicas: 4, expectedReplicas: 3 };
    expect(await change(server, "setReplicas", late)).toMatchObject({ __typename: "Conflict" });
    await until("two are gone", () => wrapperPids(server, "many").length === 1);
    await readyReplicas(server, "many", 1);
  });

  test("is not undeployed by somebody who has read another state of it", async () => {
    const { id, revision: read } = await deploy({ artifact: mlp, model: "contended" });
    const { revision: scaled } = await change(server, "setReplicas", { model: "contended", replicas: 2 });
    expect(scaled).not.toBe(read);
    await readyReplicas(server, "contended", 2);
    const stale = await change(server, "undeployModel", { model: "contended", expectedRevision: read });
    expect(stale).toMatchObject({ __typename: "Conflict", current: scaled });
    expect(stale.message).toContain(`it is deployment ${id} (SERVING, 2 replicas)`);
    expect(wrapperPids(server, "contended")).toHaveLength(2);
    const undeployed = await change(server, "undeployModel", { model: "contended", expectedRevision: scaled });
    expect(undeployed).toMatchObject({ status: "REMOVED" });
  });

  test("is not undeployed while it is asked, unless that is forced", async () => {
    await deploy({ artifact: mlp, model: "asked" });
    await application(server, "asked-app", ["asked"], DIGITS);
    const refused = await skysail(server, "undeploy", "asked");
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(/is current, and asked-app ask it: .*force/);
    expect(await skysail(server, "undeploy", "asked", "--force")).toMatchObject({ code: 0 });
    expect(wrapperPids(server, "asked")).toEqual([]);
    expect(await answers("asked-app")).toBe("Unavailable");
    expect(await deploy({ artifact: logistic, model: "asked", version: 1 })).toMatchObject({ __typename: "Conflict" });
    expect(await deploy({ artifact: mlp, model: "asked", version: 1 })).toMatchObject({ status: "SERVING" });
    expect(await answers("asked-app")).toBe("0");
  });

  test("goes with its version", async () => {
    const first = await deploy({ artifact: mlp, model: "gone" });
    await deploy({ artifact: logistic, model: "gone" });
    const remove = `mutation { removeModelVersion(input: { model: "gone", version: 1 }) { __typename } }`;
    expect((await server.post({ query: remove })).text).toContain('"Model"');
    await until("it is removed", async () => (await deployment(server, first.id)).status === "REMOVED");
    expect(wrapperPids(server, "gone", 1)).toEqual([]);
  });

  test("goes with its model, when its last version is removed", async () => {
    const { id } = await deploy({ artifact: mlp, model: "mistaken" });
    expect(await skysail(server, "remove", "mistaken", "--version", "1")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("version 1 of mistaken was its last: the model is removed"),
    });
    await until("it is removed", async () => (await deployment(server, id)).status === "REMOVED");
    expect(wrapperPids(server, "mistaken", 1)).toEqual([]);
    expect((await skysail(server, "models")).stdout).not.toContain("mistaken");
    // Another model under the name is no version 1 again: what was predicted by that still says so.
    expect(await deploy({ artifact: logistic, model: "mistaken" })).toMatchObject({ version: 2, status: "SERVING" });
  });
});

describe("what cannot be deployed", () => {
  const refused = (input: object): Promise<Deployment> => deploy({ artifact: mlp, model: "refused", ...input });

  test.each([
    ["an artefact that is not here", { artifact: "0".repeat(64) }, "NotFound", /upload it first/],
    ["an artefact's path", { artifact: "/etc/passwd" }, "NotFound", /upload it first/],
    ["a framework that is not known", { framework: "sklaern" }, "BadInput", /did you mean sklearn/],
    ["a name with a folder in it", { fileName: "../model.onnx" }, "BadInput", /fileName/],
    ["a model's name that is none", { model: "Refused" }, "BadInput", /model: expected/],
    ["no replicas", { replicas: 0 }, "BadInput", /replicas: expected 1 to 64/],
    ["a device that is none", { device: "tpu" }, "BadInput", /device/],
    ["processors that are none", { cpus: "0;reboot" }, "BadInput", /cpus/],
    ["a processor that is not here", { cpus: "0,9999" }, "BadInput", /cpus: expected processors of this machine, 0 to/],
    ["too little memory", { memoryLimitBytes: 1024 }, "BadInput", /64 MiB/],
    ["a niceness below 0", { niceness: -1 }, "BadInput", /niceness/],
    ["an option of the launcher's", { options: [{ name: "listen", value: "x:1" }] }, "BadInput", /options.0.name/],
    ["a path of the server's", { options: [{ name: "x", value: "/etc/passwd" }] }, "BadInput", /options.0.value/],
    ["a path out of the folder", { options: [{ name: "x", value: "a/../../b" }] }, "BadInput", /options.0.value/],
    ["a package for a model that runs without Python", { requirements: ["numpy==2"] }, "BadInput", /without Python/],
    ["an option of pip's", { requirements: ["--index-url=http://evil"] }, "BadInput", /requirements.0/],
    ["a package's address", { requirements: ["x @ http://evil/x.whl"] }, "BadInput", /requirements.0/],
  ])("is refused: %s", async (_, input, typename, message) => {
    const answer = await refused(input);
    expect(answer.__typename).toBe(typename);
    expect(answer.message).toMatch(message);
    expect(await model(server, "refused")).toBeNull();
  });

  test("is refused before its file is sent, with the frameworks that there are", async () => {
    const path = join(server.folder, "unsent.joblib");
    await writeFile(path, "never sent");
    const misspelt = await skysail(server, "deploy", "refused", "--framework", "sklaern", "--model", path);
    expect(misspelt).toMatchObject({ code: 1, stdout: "" });
    expect(misspelt.stderr).toMatch(
      /^skysail: framework: expected one of onnx, sklearn, [a-z, ]+, got "sklaern"; did you mean sklearn\?\n$/,
    );
    const sha256 = createHash("sha256").update("never sent").digest("hex");
    expect(await server.request(`/v2/artifacts/${sha256}`, { method: "HEAD" })).toMatchObject({ status: 404 });
  });
});

describe("each wrapper", () => {
  test("has a process group, a memory limit, a niceness and processors of its own", async () => {
    const memoryLimitBytes = 512 * 2 ** 20;
    await deploy({ artifact: mlp, model: "bounded", memoryLimitBytes, niceness: 7, cpus: "0" });
    const [pid = 0] = wrapperPids(server, "bounded");
    expect(readFileSync(`/proc/${pid}/limits`, "utf8")).toMatch(/^Max data size +536870912 +536870912 /m);
    const ps = execFileSync("ps", ["-o", "ni=,pgid=", "-p", String(pid)], { encoding: "utf8" }).trim();
    expect(ps.split(/\s+/)).toEqual([String(getPriority() + 7), String(pid)]);
    expect(readFileSync(`/proc/${pid}/status`, "utf8")).toMatch(/^Cpus_allowed_list:\t0$/m);
    expect(readFileSync(`/proc/${pid}/environ`, "utf8").split("\0")).toContain("CUDA_VISIBLE_DEVICES=");
  });

  test("dies alone, and comes back", async () => {
    await deploy({ artifact: mlp, model: "dies", replicas: 2 });
    await deploy({ artifact: mlp, model: "lives" });
    await application(server, "dies-app", ["dies"], DIGITS);
    await application(server, "lives-app", ["lives"], DIGITS);
    const before = { dies: wrapperPids(server, "dies"), lives: wrapperPids(server, "lives") };
    const [victim = 0, other = 0] = before.dies;
    process.kill(victim, "SIGKILL");
    await until("it is gone", () => !wrapperPids(server, "dies").includes(victim));
    expect(await answers("dies-app")).toBe("0");
    expect(await answers("lives-app")).toBe("0");
    await readyReplicas(server, "dies", 2);
    await until("another is there", () => wrapperPids(server, "dies").length === 2);
    expect(wrapperPids(server, "dies")).toContain(other);
    expect(wrapperPids(server, "lives")).toEqual(before.lives);
  });
});

describe("a server that starts again", () => {
  test("serves what was deployed from its first moment, and says of what was under way that it failed", async () => {
    const first = await servers.start();
    const kept = await deploy({ artifact: await putFile(first, MLP), model: "kept", replicas: 2 }, first);
    await application(first, "kept-app", ["kept"], DIGITS);
    const old = wrapperPids(first, "kept");
    const artifact = await putFile(first, LOGISTIC);
    const begun = await change(first, "deployModel", { framework: "onnx", artifact, model: "interrupted" });
    expect((await first.stop()).code).toBe(0);
    expect(old.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);

    const second = await servers.start({ folder: first.folder });
    expect(await deployment(second, kept.id)).toMatchObject({ status: "SERVING", readyReplicas: 2, here: true });
    expect(await answers("kept-app", second)).toBe("0");
    expect(await deployment(second, begun.id)).toMatchObject({
      status: "FAILED",
      reason: expect.stringContaining("its server ended before it was ready"),
    });
    expect(await model(second, "interrupted")).toBeNull();
    expect(readdirSync(join(second.folder, "data", "deployments"))).toEqual([kept.id]);
  });

  test("says what it could not start again, and tries once more when it is deployed again", async () => {
    const first = await servers.start();
    const artifact = await putFile(first, MLP);
    const kept = await deploy({ artifact, model: "lost", fileName: "digits-mlp.onnx" }, first);
    await first.stop();
    await rm(join(first.folder, "data", "artefacts", artifact), { force: true });

    const second = await servers.start({ folder: first.folder });
    const lost = await deployment(second, kept.id);
    expect(lost).toMatchObject({ status: "SERVING", readyReplicas: 0 });
    expect(lost.progress).toMatch(/^could not be started again: artefact .* upload it/);
    expect(await skysail(second, "replicas", "lost", "--set", "1")).toMatchObject({ code: 1 });
    const again = await skysail(second, "deploy", "lost", "--version", "1", "--framework", "onnx", "--model", MLP);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toContain(`1 of 1 replicas are ready (deployment ${kept.id})`);

    const artefacts = () => readdirSync(join(second.folder, "data", "artefacts")).filter((name) => name !== "incoming");
    expect(await skysail(second, "prune", "--unused-days", "0")).toMatchObject({ stdout: "nothing to remove\n" });
    expect(artefacts()).toEqual([artifact]);
    expect(await skysail(second, "undeploy", "lost")).toMatchObject({ code: 0 });
    expect(await skysail(second, "prune")).toMatchObject({ stdout: "nothing to remove\n" });
    const pruned = await skysail(second, "prune", "--unused-days", "0");
    expect(pruned).toMatchObject({ code: 0, stdout: `removed saved model ${artifact}\n` });
    expect(artefacts()).toEqual([]);
  });
});

describe("two servers on one database", () => {
  test("each run what was deployed to them; of the other's they answer with the version before", async () => {
    const other = await servers.start({ env: { DATABASE_URL: databaseOf(server) } });
    await putFile(other, MLP);
    await deploy({ artifact: mlp, model: "shared" });
    const there = await deploy({ artifact: mlp, model: "shared", version: 1 }, other);
    expect(there).toMatchObject({ status: "SERVING", version: 1, here: true });
    await application(server, "shared-app", ["shared"], DIGITS);
    const only = await deploy({ artifact: logistic, model: "shared" });
    expect(only).toMatchObject({ status: "SERVING", version: 2 });
    await until("the other hears of it", async () => (await model(other, "shared"))?.currentVersion === 2);
    expect(await answers("shared-app", other)).toBe("0");
    expect(await deployment(other, only.id)).toMatchObject({ status: "SERVING", here: false, readyReplicas: null });
    // Its files are not here, and another artefact is another version, on whatever server.
    expect(await deploy({ artifact: logistic, model: "shared", version: 2 }, other)).toMatchObject({
      __typename: "NotFound",
    });
    expect(await deploy({ artifact: mlp, model: "shared", version: 2 }, other)).toMatchObject({
      __typename: "Conflict",
    });
    expect((await skysail(other, "undeploy", "shared", "--version", "2")).stderr).toContain(
      "not deployed on this server",
    );
    expect(wrapperPids(server, "shared", 2)).toHaveLength(1);
    expect(wrapperPids(other, "shared", 1)).toHaveLength(1);
  });
});
