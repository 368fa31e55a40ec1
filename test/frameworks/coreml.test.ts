import { describe, expect, it, jest } from "@jest/globals";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { frameworkContract } from "../contract/frameworkContract.js";
import { ROOT, withPythonOf } from "../support/pythonEnvironment.js";
import { pythonPath } from "../support/pythonWrapper.js";
import { withFolder } from "../support/temporaryFolder.js";

jest.setTimeout(180_000);

/** Of those that `test/frameworks/coreml_layers.py` has, each compared with numpy. */
const LAYERS = 45;
const NOT_CONVERTED: Readonly<Record<string, string>> = {
  l2normalize: "layer norm of the neural network: l2normalize is not converted: activation, add, batchnorm, ",
  "channels last": "layer flat of the neural network: a shape with the channels last is not converted",
  prelu: "layer act of the neural network: activation of kind PReLU is not converted: ReLU, leakyReLU, ",
  elu: "layer act of the neural network: activation of kind ELU is not converted: ReLU, leakyReLU, ",
  "mean over padding": "layer p of the neural network: an average over padding is not converted",
  "sum of three": "layer sum of the neural network: a sum of more than two is not converted",
  quantised: "layer c of the neural network: its weights are quantised: save it without",
  exact: "the neural network takes its arrays in their exact shapes, which is not converted",
  matrix: "input x of the neural network has 2 dimensions, not 1 or 3",
};

interface LayerLine {
  readonly layer: string;
  readonly agrees?: boolean;
  readonly refused?: string | null;
}

await withPythonOf("coreml", "Core ML, as Turi Create exports it", (python) => {
  frameworkContract(python, "coreml");

  describe("neural networks of one layer", () => {
    it("answer as numpy does, or are refused by the layer's name", async () => {
      await withFolder(async (folder) => {
        const script = ["test/frameworks/coreml_layers.py", folder];
        const { stdout } = await promisify(execFile)(python, script, { cwd: ROOT, env: pythonPath() });
        const lines = stdout
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as LayerLine);
        const served = lines.filter(({ agrees }) => agrees !== undefined);
        expect(served.filter(({ agrees }) => agrees !== true)).toEqual([]);
        expect(served).toHaveLength(LAYERS);
        const refused = lines.filter(({ agrees }) => agrees === undefined);
        expect(refused.map(({ layer }) => layer).sort()).toEqual(Object.keys(NOT_CONVERTED).sort());
        for (const { layer, refused: why } of refused) expect(why).toContain(NOT_CONVERTED[layer]);
      });
    });
  });
});
