import { describe, expect, it, jest } from "@jest/globals";
import { frameworkContract } from "../contract/frameworkContract.js";
import { frameworkCases } from "../support/frameworkCases.js";
import { childNamed } from "../support/ownProcesses.js";
import { withPythonOf } from "../support/pythonEnvironment.js";
import { pythonWrapper } from "../support/pythonWrapper.js";
import { WrapperProcess } from "../support/wrapperProcess.js";

// Frameworks of hundreds of megabytes take their time to load.
jest.setTimeout(180_000);

await withPythonOf("spark", "Spark MLlib", (python) => {
  frameworkContract(python, "spark", { slow: true });

  describe("a Spark wrapper", () => {
    it("ends when its Java process does", async () => {
      const iris = frameworkCases(python, "spark").find(({ name }) => name === "iris");
      const wrapper = await WrapperProcess.start(pythonWrapper(python, "spark", ...(iris?.args ?? [])));
      try {
        process.kill(childNamed("java", wrapper.pid), "SIGKILL");
        expect(await wrapper.exited).toEqual({ code: 1, signal: null });
        expect(wrapper.log).toMatch(/the Java process ended with -9, and the wrapper with it$/);
      } finally {
        await wrapper.kill();
      }
    });
  });
});
