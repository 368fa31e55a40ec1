import { jest } from "@jest/globals";
import { frameworkContract } from "../contract/frameworkContract.js";
import { withPythonOf } from "../support/pythonEnvironment.js";

// Frameworks of hundreds of megabytes take their time to load.
jest.setTimeout(180_000);

await withPythonOf("tensorflow", "TensorFlow", (python) => frameworkContract(python, "tensorflow"));
