import type { DeploymentSpec } from "../../src/domain/deploymentPorts.js";

/** Of an artefact that nobody looks at, with every choice at its least. */
export const DEPLOYMENT_SPEC: DeploymentSpec = {
  artefact: "0".repeat(64),
  fileName: "model.onnx",
  unpack: false,
  framework: "onnx",
  signature: undefined,
  options: [],
  requirements: [],
  replicas: 1,
  device: "cpu",
  memoryLimitBytes: undefined,
  niceness: 0,
  cpus: undefined,
  activate: true,
  readyWithinMs: 1000,
};
