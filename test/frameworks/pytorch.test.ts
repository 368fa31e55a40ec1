import { describe, it, jest } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expectOneLine, frameworkContract } from "../contract/frameworkContract.js";
import { withPythonOf } from "../support/pythonEnvironment.js";
import { pythonWrapper } from "../support/pythonWrapper.js";
import { withFolder } from "../support/temporaryFolder.js";
import { runToExit } from "../support/wrapperProcess.js";

/** Saves what no wrapper can serve, as NAME in the working folder. */
const SAVE = {
  "weights.pt": "torch.save(torch.nn.Linear(2, 1).state_dict(), 'weights.pt')",
  "one-row.pt2": "torch.export.save(torch.export.export(torch.nn.Linear(2, 1), (torch.zeros(1, 2),)), 'one-row.pt2')",
  "scripted.pt": "torch.jit.save(torch.jit.script(torch.nn.Linear(2, 1)), 'scripted.pt')",
};

// Frameworks of hundreds of megabytes take their time to load.
jest.setTimeout(180_000);

await withPythonOf("pytorch", "PyTorch", (python) => {
  frameworkContract(python, "pytorch");

  describe("a PyTorch wrapper", () => {
    it.each([
      ["weights.pt", /weights alone: save with torch\.export\.save/],
      ["one-row.pt2", /dynamic first dimension/],
      ["scripted.pt", /does not state its inputs: give them with --signature/],
    ] as const)("says what is wrong with %s", async (file, message) => {
      await withFolder(async (folder) => {
        execFileSync(python, ["-c", `import torch; ${SAVE[file]}`], { cwd: folder, stdio: "ignore" });
        expectOneLine(await runToExit(pythonWrapper(python, "pytorch", "--model", join(folder, file))), message);
      });
    });
  });
});
