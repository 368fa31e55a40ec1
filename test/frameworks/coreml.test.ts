import { jest } from "@jest/globals";
import { frameworkContract } from "../contract/frameworkContract.js";
import { withPythonOf } from "../support/pythonEnvironment.js";

jest.setTimeout(180_000);

await withPythonOf("coreml", "Core ML, as Turi Create exports it", (python) => frameworkContract(python, "coreml"));
