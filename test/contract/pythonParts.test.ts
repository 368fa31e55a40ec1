import { describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { withPythonOf } from "../support/pythonEnvironment.js";
import { pythonPath } from "../support/pythonWrapper.js";

/** Numbers of rows from 1 to 50 with which an answer is not that of one call, or a call has not had 8 rows. */
const SCRIPT = `
import json
import numpy as np
from skysail_wrapper.adapters.batch_sizes import in_parts

def run(wanted, arrays):
    x, words = arrays
    calls.append(len(x))
    outputs = {"sum": x.sum(1) + [len(word) for word in words], "x": x * 2}
    return [outputs[name] for name in wanted]

wrong = []
for rows in range(1, 51):
    x = np.random.default_rng(rows).random((rows, 3), np.float32)
    words = np.array([b"w" * row for row in range(rows)], dtype=object)
    calls = []
    answers = in_parts(run, 8, ["x", "sum"], [x, words])
    sizes, calls = set(calls), []
    expected = run(["x", "sum"], [x, words])
    if sizes != {8} or not all(np.array_equal(a, e) for a, e in zip(answers, expected, strict=True)):
        wrong.append(rows)
print(json.dumps(wrong))
`;

await withPythonOf("light", "Python", (python) => {
  describe("a framework that plans anew for each number of rows", () => {
    it("is given as many each time, and answers the rows that there are", () => {
      const said = execFileSync(python, ["-c", SCRIPT], { env: pythonPath(), encoding: "utf8" });
      expect(JSON.parse(said)).toEqual([]);
    });
  });
});
