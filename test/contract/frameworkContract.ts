import { describe, expect, it } from "@jest/globals";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { frameworkCases, type FrameworkCase } from "../support/frameworkCases.js";
import { pythonWrapper } from "../support/pythonWrapper.js";
import { withFolder } from "../support/temporaryFolder.js";
import { runToExit, WrapperProcess } from "../support/wrapperProcess.js";
import { requestOf, StreamClient } from "../support/wrapperRequests.js";
import { expectSameOutputs, rowsOf } from "./outputs.js";
import { wrapperContract } from "./wrapperContract.js";

/** Of one request: half of what a wrapper takes. */
const MESSAGE_BYTES = 8 * 1024 * 1024;

/** The contract with each of a framework's real models, and agreement with the framework called directly. */
export function frameworkContract(
  python: string,
  framework: string,
  { slow = false, script = framework, oneInput = false } = {},
): void {
  const cases = frameworkCases(python, script);
  for (const one of cases) {
    const title = `${framework} ${one.version}, ${one.name}`;
    const command = () => pythonWrapper(python, framework, ...one.args);
    const row = (random: () => number): Buffer[] => one.inputs[Math.floor(random() * one.inputs.length)] as Buffer[];
    if (one.whole) wrapperContract(title, command, { expected: one.signature, row, slow });
    describe(title, () => {
      it(`answers ${one.inputs.length} rows as the framework does when called directly`, async () => {
        expect(one.inputs.length).toBeGreaterThanOrEqual(100);
        const wrapper = await WrapperProcess.start(command());
        try {
          await expectAgreement(wrapper, one);
        } finally {
          await wrapper.kill();
        }
      });
    });
  }
  const [first] = cases;
  if (first === undefined) throw new Error(`${script}_cases.py made no case`);
  describe(`a ${framework} wrapper`, () => {
    it.each(["cuda:99", "cuda:", "gpu"])("refuses the device %s in one line", async (device) => {
      const command = pythonWrapper(python, framework, ...first.args);
      expectOneLine(await runToExit(command, "--device", device), new RegExp(`--device ${device}`));
    });

    if (oneInput) {
      it("refuses a signature of two inputs in one line", async () => {
        await withFolder(async (folder) => {
          const file = join(folder, "signature.json");
          const inputs = ["a", "b"].map((name) => ({ name, datatype: "FP32", shape: [32] }));
          writeFileSync(file, JSON.stringify({ ...first.signature, inputs }));
          const command = pythonWrapper(python, framework, ...first.args, "--signature", file);
          expectOneLine(await runToExit(command), /--signature: .* takes one input, .* not 2 \(a, b\)/);
        });
      });
    }
  });
}

/** A wrapper that cannot start says why in one line, with exit code 1. */
export function expectOneLine(
  { code, stdout, stderr }: { code: number | null; stdout: string; stderr: string },
  message: RegExp,
): void {
  expect({ code, stdout, lines: stderr.trim().split("\n").length }).toEqual({ code: 1, stdout: "", lines: 1 });
  expect(stderr).toMatch(message);
}

async function expectAgreement(wrapper: WrapperProcess, one: FrameworkCase): Promise<void> {
  const { properties } = await wrapper.metadata();
  expect(properties["artefact_sha256"]).toBe(one.artefactSha256);
  expect(JSON.parse(properties["labels"] ?? "null")).toEqual(one.labels);
  const parts = { model: wrapper.ready.model, version: wrapper.ready.version, signature: one.signature };
  const stream = new StreamClient(wrapper.client);
  let at = 0;
  while (at < one.inputs.length) {
    const count = rowsThatFit(one.inputs, at);
    const response = await stream.infer(requestOf(parts, one.inputs.slice(at, at + count), `from ${at}`));
    const rows = rowsOf(response, count);
    for (const [i, row] of rows.entries()) expectSameOutputs(row, one.outputs[at + i], one.signature);
    at += count;
  }
  await stream.end();
  report(one);
}

/** How many rows from `at` on go into one message. */
function rowsThatFit(rows: readonly Buffer[][], at: number): number {
  let [count, bytes] = [0, 0];
  while (at + count < rows.length && bytes < MESSAGE_BYTES) {
    for (const tensor of rows[at + count] ?? []) bytes += tensor.length;
    count += 1;
  }
  return count;
}

/** For `npm run test:frameworks -- --json`. */
function report({ framework, name, version, artefactSha256, inputs }: FrameworkCase): void {
  const file = process.env["FRAMEWORKS_REPORT_FILE"];
  if (file === undefined) return;
  const line = { framework, name, version, artefactSha256, rows: inputs.length, agreesWithDirectCall: true };
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}
