import { beforeAll, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { change, ended, model, put, skysail, wrapperPids } from "../support/deploying.js";
import { temporaryFolder } from "../support/postgres.js";
import { withPythonOf } from "../support/pythonEnvironment.js";
import { application, predict } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();

/** Trains a classifier of digits, saved both ways; the labels and pixels of rows that it has not seen. */
const TRAIN = `
import json, sys
import joblib, skops.io
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
pixels, digits = load_digits(return_X_y=True)
fitted = LogisticRegression(max_iter=2000).fit(pixels[:600], digits[:600])
joblib.dump(fitted, sys.argv[1] + "/model.joblib")
skops.io.dump(fitted, sys.argv[1] + "/model.skops")
rows = pixels[1000:1020]
print(json.dumps({"rows": rows.tolist(), "labels": [str(label) for label in fitted.predict(rows)]}))
`;
/** A pickle that asks for two gigabytes when it is loaded. */
const GREEDY = "cbuiltins\nbytearray\n(I2147483648\ntR.";
/** A pickle that says where it runs: loading one runs code, whatever it is called. */
const WRITES_A_FILE = (path: string): string => `cos\nsystem\n(Vtouch ${path}\ntR.`;

await withPythonOf("light", "scikit-learn models that are deployed", (python) => {
  let server: TestServer;
  let folder: string;
  let trained: { readonly rows: readonly number[][]; readonly labels: readonly string[] };

  beforeAll(async () => {
    folder = await temporaryFolder();
    trained = JSON.parse(execFileSync(python, ["-c", TRAIN, folder], { encoding: "utf8" })) as typeof trained;
    server = await servers.start({ args: ["--example", "none", "--python", python] });
  });

  test.each(["model.skops", "model.joblib"])("%s answers as scikit-learn does", async (file) => {
    const name = file.replace(".", "-");
    const path = join(folder, file);
    const done = await skysail(server, "deploy", name, "--framework", "sklearn", "--model", path, "--replicas", "2");
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(done.stdout).toMatch(new RegExp(`^version 1 of ${name} serves: 2 of 2 replicas are ready`));
    await application(server, name, [name], {
      input: [{ name: "x", datatype: "FP32", shape: [64] }],
      output: { label: { labels: Array.from({ length: 10 }, (_, digit) => String(digit)) } },
    });
    for (const [i, values] of trained.rows.entries()) {
      const answer = await predict(server, name, { values });
      expect(answer).toMatchObject({ output: { label: trained.labels[i] } });
    }
  });

  test("one that asks for more memory than it may have fails, and says so", async () => {
    const artifact = await put(server, Buffer.from(GREEDY));
    const input = { artifact, model: "greedy", framework: "sklearn", memoryLimitBytes: 512 * 2 ** 20 };
    const failed = await ended(server, await change(server, "deployModel", input));
    expect(failed).toMatchObject({ status: "FAILED" });
    expect(`${failed.reason} ${failed.lastLines.join(" ")}`).toContain("MemoryError");
    expect(await model(server, "greedy")).toBeNull();
    expect(wrapperPids(server, "greedy")).toEqual([]);
  });

  test("a folder is brought as one artefact, and a tar that leads out of it is refused", async () => {
    const saved = join(folder, "saved");
    await mkdir(saved, { recursive: true });
    await writeFile(join(saved, "model.joblib"), await readFile(join(folder, "model.joblib")));
    // scikit-learn has no folders: that its wrapper says so shows that it was given one.
    const done = await skysail(server, "deploy", "folder", "--framework", "sklearn", "--model", saved);
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/directory/i);
    const tar = join(folder, "evil.tar");
    await writeFile(join(folder, "out.txt"), "x");
    execFileSync("tar", ["-cPf", tar, "-C", saved, "../out.txt"]);
    const artifact = await put(server, await readFile(tar));
    const input = { artifact, model: "folder", framework: "sklearn", unpack: true };
    const failed = await ended(server, await change(server, "deployModel", input));
    // No wrapper was started: what an earlier one of the same version printed is not its own.
    const reason = expect.stringContaining("without ..") as unknown;
    expect(failed).toMatchObject({ status: "FAILED", version: 1, reason, lastLines: [] });
    expect(existsSync(join(server.folder, "data", "deployments", "out.txt"))).toBe(false);
    expect(existsSync(join(server.folder, "data", "deployments", failed.id))).toBe(false);
  });

  test("what a failed one printed can be read, and what is wrong with a command line is one line", async () => {
    const path = join(folder, "broken.joblib");
    await writeFile(path, "no joblib");
    const failed = await skysail(server, "deploy", "broken", "--framework", "sklearn", "--model", path);
    expect(failed).toMatchObject({ code: 1, stdout: "" });
    expect(failed.stderr).toMatch(/^skysail: version 1 of broken does not serve .*\nits wrappers said last:\n/);
    const log = await skysail(server, "logs", "broken", "--version", "1");
    expect(log.stdout).toContain("broken.joblib cannot be loaded by joblib: it is no such file, or not a whole one");
    const missing = await skysail(server, "deploy", "x", "--framework", "sklearn", "--model", "/nowhere/model.joblib");
    expect(missing).toMatchObject({
      code: 1,
      stderr: "skysail: --model /nowhere/model.joblib: no such file or folder\n",
    });
    expect((await skysail(server, "deploy", "x", "--model", path)).stderr).toContain("--framework");
  });

  test.each([
    ["an object that is no estimator", "(d.", /holds a dict, no estimator of scikit-learn: save the fitted one itself/],
    ["a module that is missing", "cnothing_here\nThing\n.", /needs the module nothing_here: .*--requirement/],
  ])("%s is named, with what to do", async (_, pickled, reason) => {
    const artifact = await put(server, Buffer.from(pickled));
    const failed = await ended(
      server,
      await change(server, "deployModel", { artifact, model: "odd", framework: "sklearn" }),
    );
    expect(failed).toMatchObject({ status: "FAILED", reason: expect.stringMatching(reason) as unknown });
  });

  test("loading a pickle runs code: that is why only administrators may bring one", async () => {
    const mark = join(folder, "it-ran");
    const artifact = await put(server, Buffer.from(WRITES_A_FILE(mark)));
    const input = { artifact, model: "runs-code", framework: "sklearn" };
    expect(await ended(server, await change(server, "deployModel", input))).toMatchObject({ status: "FAILED" });
    expect(existsSync(mark)).toBe(true);
  });
});
