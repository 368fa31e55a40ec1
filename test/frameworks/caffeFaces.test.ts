import { jest } from "@jest/globals";
import { frameworkContract } from "../contract/frameworkContract.js";
import { withPythonOf } from "../support/pythonEnvironment.js";

// Half a second for a dozen images, and a hundred of them.
jest.setTimeout(180_000);

await withPythonOf("caffe", "Caffe, a model that a package ships", (python) =>
  frameworkContract(python, "caffe", { script: "caffe_faces" }),
);
