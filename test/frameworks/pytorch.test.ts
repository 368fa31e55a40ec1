import { describe, expect, it, jest } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expectOneLine, frameworkContract } from "../contract/frameworkContract.js";
import { withPythonOf } from "../support/pythonEnvironment.js";
import { pythonPath, pythonWrapper } from "../support/pythonWrapper.js";
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

    // The same class that a GPU's models go through, where nothing can be recorded.
    it("fills batches up to prepared sizes, and answers the rows that were given", () => {
      const said = execFileSync(python, ["test/frameworks/pytorch_sizes.py"], { env: pythonPath(), encoding: "utf8" });
      const found = JSON.parse(said) as Record<string, unknown>;
      const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128];
      expect(found["sizes"]).toEqual([...sizes, 160, 192, 224, 256]);
      expect(found["leastSizes"]).toBe(true);
      expect(found["grownAtMost"]).toBeLessThan(1.25);
      // What is refused beyond 20 rows is asked for in parts.
      expect(found["prepared"]).toEqual(sizes.slice(0, 13));
      expect(found["called"]).toEqual(sizes.slice(0, 13));
      expect(found["wrongRows"]).toEqual([]);
      expect(found["failure"]).toBe("ValueError");
      expect(found["wrongAfterFailure"]).toEqual([]);
    });
  });
});
