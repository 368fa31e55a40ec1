import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { VERSION } from "../../src/domain/version.js";
import { pythonNeed, readPythonFrameworks } from "../../src/deploying/frameworks.js";

test("the frameworks that can be deployed are those of the Python SDK, each with all that it needs", () => {
  const frameworks = readPythonFrameworks("wrappers/python/pyproject.toml");
  const cli = readFileSync("wrappers/python/src/skysail_wrapper/cli.py", "utf8");
  const table = /FRAMEWORKS = \{(.*?)\n\}/s.exec(cli)?.[1] ?? "";
  const known = [...table.matchAll(/^ {4}"([\w-]+)":/gm)].map(([, name]) => name).sort();
  expect([...frameworks.keys()].sort()).toEqual(known);
  for (const { requirements } of frameworks.values()) expect(requirements.join()).toMatch(/^grpcio.*numpy/);
});

test("all parts have one version", () => {
  expect(JSON.parse(readFileSync("package.json", "utf8"))).toMatchObject({ version: VERSION });
  expect(readFileSync("wrappers/python/pyproject.toml", "utf8")).toContain(`\nversion = "${VERSION}"\n`);
});

test.each([
  ["pytorch", "pytorch-cuda", "torch>=2.6,<3"],
  ["tensorflow", "tensorflow-cuda", "tensorflow[and-cuda]>=2.18,<3"],
  ["coreml", "coreml-cuda", "onnxruntime-gpu[cuda,cudnn]>=1.20,<2"],
  ["sklearn", "sklearn", "scikit-learn>=1.4,<2"],
])("on a GPU %s has the environment %s, with %s", (name, environment, has) => {
  const known = readPythonFrameworks("wrappers/python/pyproject.toml").get(name);
  if (known === undefined) throw new Error(name);
  const needOn = (device: string) => pythonNeed(name, known, { device, requirements: ["pillow==12.0.0"] });
  for (const device of ["cuda", "cuda:1"]) {
    const { framework, requirements } = needOn(device);
    expect([framework, requirements.includes(has), requirements.at(-1)]).toEqual([environment, true, "pillow==12.0.0"]);
  }
  expect(needOn("cpu").framework).toBe(name);
  expect(needOn("cpu").requirements).toEqual([...known.requirements, "pillow==12.0.0"]);
});
