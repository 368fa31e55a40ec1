import { expect, test } from "@jest/globals";
import type { DeploymentRecord } from "../../src/domain/deploymentPorts.js";
import { supersededRuns } from "../../src/deploying/supersededRuns.js";

const run = (version: number, model = "m", status = "SERVING") => ({
  record: { model, version, status } as DeploymentRecord,
});
const versions = (runs: readonly { readonly record: DeploymentRecord }[]) => runs.map(({ record }) => record.version);

test("the latest earlier versions are kept, those to come and those of other models left alone", () => {
  const runs = [run(1), run(2), run(3), run(4), run(5), run(6), run(1, "other"), run(2, "m", "STARTING")];
  expect(versions(supersededRuns(runs, { model: "m", version: 5 }, 4, 2))).toEqual([2, 1]);
  expect(versions(supersededRuns(runs, { model: "m", version: 5 }, 4, 0))).toEqual([4, 3, 2, 1]);
  expect(supersededRuns(runs, { model: "m", version: 5 }, 4, 9)).toEqual([]);
});

test("the version that was current until now is kept before later ones", () => {
  const runs = [run(1), run(2), run(3), run(4)];
  expect(versions(supersededRuns(runs, { model: "m", version: 4 }, 1, 1))).toEqual([3, 2]);
  expect(versions(supersededRuns(runs, { model: "m", version: 4 }, undefined, 1))).toEqual([2, 1]);
});
