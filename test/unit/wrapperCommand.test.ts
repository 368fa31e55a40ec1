import { expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { getPriority } from "node:os";
import type { DeploymentSpec } from "../../src/domain/deploymentPorts.js";
import { wrapperCommand, wrapperEnvironment } from "../../src/deploying/wrapperCommand.js";
import { DEPLOYMENT_SPEC } from "../support/deploymentSpec.js";

const SPEC: DeploymentSpec = { ...DEPLOYMENT_SPEC, fileName: "model", framework: "pytorch" };
const FILES = { root: "/skysail", dataDir: "/data", model: "/data/model", signature: undefined, python: "/python" };

/** What becomes of a command line: its own words, behind those of the shell that sets its limits. */
function words(choices: Partial<DeploymentSpec>): readonly string[] {
  const command = wrapperCommand({ model: "m", version: 2, spec: { ...SPEC, ...choices } }, FILES);
  return command.slice(command.indexOf("sh", 1) + 1);
}

test.each([
  ["cpu", "--device=cpu", ""],
  ["cuda", "--device=cuda:0", undefined],
  ["cuda:1", "--device=cuda:0", "1"],
  ["cuda:12", "--device=cuda:0", "12"],
])("on %s a wrapper sees that device alone", (device, option, visible) => {
  expect(words({ device })).toContain(option);
  expect(wrapperEnvironment({ ...SPEC, device }, FILES)["CUDA_VISIBLE_DEVICES"]).toBe(visible);
});

test("an option is one word, whatever is in its value", () => {
  const options = [
    { name: "labels", value: "a b; reboot $(x) --device=cuda" },
    { name: "flag", value: "" },
  ];
  const given = words({ options });
  expect(given.slice(-2)).toEqual(["--labels=a b; reboot $(x) --device=cuda", "--flag"]);
  expect(given).toEqual(expect.arrayContaining(["/python", "pytorch", "--model=/data/model", "--model-version=2"]));
});

test("limits hold for the program that the shell becomes", () => {
  const spec = { ...SPEC, memoryLimitBytes: 512 * 2 ** 20, niceness: 3, cpus: "0" };
  const command = wrapperCommand({ model: "m", version: 1, spec }, FILES);
  const [shell, ...args] = command.slice(0, command.indexOf("/python"));
  const script = "ulimit -d; nice; grep Cpus_allowed_list /proc/self/status; cat /proc/self/oom_score_adj";
  const said = execFileSync(shell ?? "", [...args, "/bin/sh", "-c", script], { encoding: "utf8" });
  expect(said).toBe(`${512 * 1024}\n${getPriority() + 3}\nCpus_allowed_list:\t0\n500\n`);
});
