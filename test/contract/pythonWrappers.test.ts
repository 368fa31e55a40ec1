import { withPythonOf } from "../support/pythonEnvironment.js";
import { pythonScript } from "../support/pythonWrapper.js";
import { echo, noop, sum } from "./signatures.js";
import { sdkContract } from "./sdkContract.js";
import { wrapperContract } from "./wrapperContract.js";

const model = (name: string): string => `test/support/wrapperModels/${name}.py`;

await withPythonOf("light", "wrappers in Python", (python) => {
  sdkContract("in Python", (name, ...args) => pythonScript(python, model(name), ...args));
  wrapperContract("noop", () => pythonScript(python, model("noop"), "--width", "32"), { expected: noop });
  wrapperContract("noop, two workers", () => pythonScript(python, model("noop"), "--width", "32", "--workers", "2"), {
    expected: noop,
  });
  wrapperContract("of two inputs", () => pythonScript(python, model("sum")), { expected: sum });
  wrapperContract("of every datatype", () => pythonScript(python, model("echo")), { expected: echo });
});
