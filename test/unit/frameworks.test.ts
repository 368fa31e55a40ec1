import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { readPythonFrameworks } from "../../src/deploying/frameworks.js";

test("the frameworks that can be deployed are those of the Python SDK, each with all that it needs", () => {
  const frameworks = readPythonFrameworks("wrappers/python/pyproject.toml");
  const cli = readFileSync("wrappers/python/src/skysail_wrapper/cli.py", "utf8");
  const table = /FRAMEWORKS = \{(.*?)\n\}/s.exec(cli)?.[1] ?? "";
  const known = [...table.matchAll(/^ {4}"([\w-]+)":/gm)].map(([, name]) => name).sort();
  expect([...frameworks.keys()].sort()).toEqual(known);
  for (const { requirements } of frameworks.values()) expect(requirements.join()).toMatch(/^grpcio.*numpy/);
});
