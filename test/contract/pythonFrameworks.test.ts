import { withPythonOf } from "../support/pythonEnvironment.js";
import { frameworkContract } from "./frameworkContract.js";

await withPythonOf("light", "frameworks in Python", (python) => {
  for (const framework of ["sklearn", "onnx", "xgboost", "lightgbm", "vw", "caffe"])
    frameworkContract(python, framework, { oneInput: ["xgboost", "lightgbm"].includes(framework) });
});
