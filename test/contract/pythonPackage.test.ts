import { describe, expect, it } from "@jest/globals";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { VERSION } from "../../src/domain/version.js";
import { withPythonOf } from "../support/pythonEnvironment.js";
import { pythonPath, pythonScript, pythonWrapper } from "../support/pythonWrapper.js";
import { withFolder } from "../support/temporaryFolder.js";
import { runToExit, WrapperProcess, type WrapperCommand } from "../support/wrapperProcess.js";
import { inferUnary, requestOf } from "../support/wrapperRequests.js";
import { expectOneLine } from "./frameworkContract.js";

const run = promisify(execFile);
const BLOCK = /```python\n([\s\S]*?)```/g;
const examples = [...readFileSync("wrappers/python/README.md", "utf8").matchAll(BLOCK)].map(([, code]) => code ?? "");
const floats = (values: readonly number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);

const same = (bytes: Buffer): Buffer => bytes;
/** What onnxruntime-gpu does where its libraries or a GPU are missing: it says so and goes on without. */
const RUNTIME_ON_CPU = `
class SessionOptions:
    pass

class InferenceSession:
    def __init__(self, *args, **kwargs):
        pass

    def get_providers(self):
        return ["CPUExecutionProvider"]

def get_available_providers():
    return ["CUDAExecutionProvider", "CPUExecutionProvider"]
`;
/** A build without CUDA that says it has some goes on with the CPU, as one with CUDA does that sees no GPU. */
const TREES_ON_CPU = `
import sys, numpy, xgboost
from skysail_wrapper import cli
xgboost.train({}, xgboost.DMatrix(numpy.eye(2), [0, 1]), 1).save_model(sys.argv[1])
xgboost.build_info = lambda: {"USE_CUDA": True}
sys.argv = ["skysail-wrapper", "xgboost", "--model", sys.argv[1], "--device", "cuda:0"]
cli.main()
`;
const NO_GPU = `
import argparse
from skysail_wrapper.adapters.device import require_device
require_device(argparse.Namespace(device="cuda:0"), "PyTorch", 0, 0)
`;
/** How often a forest is asked for probabilities, when it is asked for these and for the label. */
const FOREST_CALLS = `
import argparse, sys
import joblib, numpy
from sklearn.ensemble import RandomForestClassifier
from skysail_wrapper import Batch
from skysail_wrapper.adapters import sklearn
joblib.dump(RandomForestClassifier(3).fit(numpy.eye(4), [0, 1, 0, 1]), sys.argv[1])
options = dict(device="cpu", model=sys.argv[1], signature=None, outputs=None, input_datatype="FP32", trusted="")
loaded = sklearn.load(argparse.Namespace(**options))
own, calls = RandomForestClassifier.predict_proba, []
RandomForestClassifier.predict_proba = lambda self, x: calls.append(x) or own(self, x)
rows = numpy.eye(4, dtype=numpy.float32)
counts = []
for wanted in ("label", "probabilities"), ("label",), ("probabilities",):
    calls.clear()
    assert set(loaded.predict(Batch(4, (rows,), wanted))) == set(wanted)
    counts.append(len(calls))
print(counts)
`;
/** What Spark's session has of its Java process, which dies. */
const JAVA_DIES = `
import subprocess, time
from types import SimpleNamespace
from skysail_wrapper.adapters.spark import end_with_java
java = subprocess.Popen(["sleep", "60"])
end_with_java(SimpleNamespace(sparkContext=SimpleNamespace(_gateway=SimpleNamespace(proc=java))))
java.kill()
time.sleep(20)
`;

await withPythonOf("light", "the Python package", (python) => {
  describe("installed", () => {
    it("has the command skysail-wrapper, which serves without the source tree", async () => {
      await withFolder(async (folder) => {
        // Building writes into the source tree: a copy's.
        const source = join(folder, "source");
        cpSync("wrappers/python", source, { recursive: true });
        const target = join(folder, "installed");
        const options = ["--quiet", "--no-deps", "--no-build-isolation", "--target", target];
        await run(python, ["-m", "pip", "install", ...options, source]);
        const env = { ...process.env, PYTHONPATH: target };
        const { stdout } = await run(python, [join(target, "bin/skysail-wrapper"), "--help"], { env });
        expect(stdout).toContain("skysail-wrapper FRAMEWORK --model PATH");
        const wrapper = await WrapperProcess.start({
          command: python,
          args: ["test/support/wrapperModels/sum.py"],
          env,
        });
        expect(wrapper.ready.model).toBe("sum");
        await wrapper.kill();
      });
    });
  });

  describe("the README's", () => {
    it("function is a model", async () => {
      await withFolder(async (folder) => {
        const file = join(folder, "mean.py");
        writeFileSync(file, examples[0] ?? "");
        const wrapper = await WrapperProcess.start(pythonScript(python, file));
        const signature = {
          inputs: [{ name: "x", datatype: "FP32", shape: [8] }],
          outputs: [{ name: "mean", datatype: "FP32", shape: [] }],
        } as const;
        const request = requestOf({ model: "mean", version: "", signature }, [[floats([1, 2, 3, 4, 5, 6, 7, 8])]], "a");
        expect((await inferUnary(wrapper.client, request)).rawOutputContents).toEqual([floats([4.5])]);
        await wrapper.kill();
      });
    });

    it("adapter is one", async () => {
      await withFolder(async (folder) => {
        mkdirSync(join(folder, "mine"));
        writeFileSync(join(folder, "mine/matrix_of.py"), examples[1] ?? "");
        const weights = join(folder, "weights.npy");
        await run(python, ["-c", `import numpy; numpy.save(${JSON.stringify(weights)}, numpy.eye(2) * 3)`]);
        const command = pythonWrapper(python, "mine.matrix_of", "--model", weights, "--name", "matrix");
        const env = { ...command.env, PYTHONPATH: `${command.env?.["PYTHONPATH"]}:${folder}` };
        const wrapper = await WrapperProcess.start({ ...command, env });
        const signature = {
          inputs: [{ name: "x", datatype: "FP32", shape: [2] }],
          outputs: [{ name: "y", datatype: "FP32", shape: [2] }],
        } as const;
        const request = requestOf({ model: "matrix", version: "", signature }, [[floats([1, 2])]], "a");
        expect((await inferUnary(wrapper.client, request)).rawOutputContents).toEqual([floats([3, 6])]);
        await wrapper.kill();
      });
    });
  });

  it("asks a forest once for what it is asked for, though its label is made of its probabilities", async () => {
    await withFolder(async (folder) => {
      const { stdout } = await run(python, ["-c", FOREST_CALLS, join(folder, "f.joblib")], { env: pythonPath() });
      expect(stdout.trim()).toBe("[1, 1, 1]");
    });
  });

  it("ends a Spark wrapper whose Java process has ended", async () => {
    const { code, stderr } = await runToExit({ command: python, args: ["-c", JAVA_DIES], env: pythonPath() });
    expect({ code, stderr }).toEqual({ code: 1, stderr: "the Java process ended with -9, and the wrapper with it" });
  });

  /** An adapter of one line more or less, as a module of the user's. */
  async function withAdapter(load: string, body: (command: WrapperCommand, folder: string) => Promise<void>) {
    await withFolder(async (folder) => {
      mkdirSync(join(folder, "mine"));
      const heading = "from skysail_wrapper import LoadedModel, Signature, StartError, Tensor\n";
      writeFileSync(join(folder, "mine/adapter.py"), `${heading}def load(options):\n    ${load}\n`);
      const command = pythonWrapper(python, "mine.adapter", "--model", folder);
      const env = { ...command.env, PYTHONPATH: `${command.env?.["PYTHONPATH"]}:${folder}` };
      await body({ ...command, env }, folder);
    });
  }

  describe("a model that cannot be loaded", () => {
    const whole = 'Signature([Tensor("x", "FP32")], [Tensor("y", "FP32")])';

    it.each([
      ["raise KeyError('weights')", "cannot start: KeyError: 'weights'"],
      ["raise SystemExit('no licence')", "cannot start: SystemExit: no licence"],
      ["import nothing_of_this_name", "cannot start: ModuleNotFoundError: No module named 'nothing_of_this_name'"],
      [
        `return LoadedModel("m", ${whole}, lambda batch: 1 // 0)`,
        "the model failed on 1 rows to warm up with (see --no-warm-up): integer division or modulo by zero",
      ],
    ])("ends with one clear line, after its stack as a line of the log: %s", async (load, words) => {
      await withAdapter(load, async (command) => {
        const { code, stdout, stderr } = await runToExit(command);
        const [logged = "", last, ...more] = stderr.trim().split("\n");
        expect({ code, stdout, last, more }).toEqual({ code: 1, stdout: "", last: words, more: [] });
        expect(JSON.parse(logged)).toMatchObject({
          level: 50,
          msg: "cannot start",
          err: expect.stringContaining("mine/adapter.py"),
        });
      });
    });

    it("needs no stack where the adapter knows why", async () => {
      await withAdapter("raise StartError('no\\nweights')", async (command) => {
        expectOneLine(await runToExit(command), /^no weights$/);
      });
    });
  });

  describe("a model whose rows cost what is in them", () => {
    const inThread = async (wrapper: WrapperProcess) => {
      await wrapper.logged("timed 64 rows");
      const [line = ""] = wrapper.lines("timed 64 rows");
      await wrapper.kill();
      expect(JSON.parse(line)).toMatchObject({ execution: "thread" });
    };

    it("computes in a thread if it takes texts", async () => {
      await inThread(await WrapperProcess.start(pythonScript(python, "test/support/wrapperModels/text.py")));
    });

    it("computes in a thread if its adapter says so", async () => {
      const tensors = '[Tensor("x", "FP32")], [Tensor("y", "FP32")]';
      const load = `return LoadedModel("m", Signature(${tensors}), lambda batch: batch.inputs, cost_varies=True)`;
      await withAdapter(load, async (command) => inThread(await WrapperProcess.start(command)));
    });
  });

  describe("a scikit-learn model of a table", () => {
    it("shows the signature to write where its columns do not say what they hold", async () => {
      await withFolder(async (folder) => {
        const path = join(folder, "model.joblib");
        const code = [
          "import joblib, pandas, sklearn.compose as c, sklearn.preprocessing as p, sklearn.linear_model as l, sklearn.pipeline as s",
          "frame = pandas.DataFrame({'a': [1.0, 2.0], 'city': ['x', 'y'], 'b': [3.0, 4.0]})",
          "parts = (p.FunctionTransformer(), ['b']), (p.OneHotEncoder(), ['city']), (p.StandardScaler(), ['a'])",
          "model = s.make_pipeline(c.make_column_transformer(*parts), l.LogisticRegression()).fit(frame, ['no', 'yes'])",
          `joblib.dump(model, ${JSON.stringify(path)})`,
        ];
        await run(python, ["-c", code.join("\n")]);
        const command = pythonWrapper(python, "sklearn", "--model", path);
        const refused = await runToExit(command);
        expectOneLine(refused, /^Pipeline does not say what its columns b hold: say it with --signature FILE, .*: \{/);
        const shown = refused.stderr.slice(refused.stderr.indexOf('{"inputs"'));
        expect(JSON.parse(shown)).toEqual({
          inputs: [
            { name: "a", datatype: "FP64", shape: [] },
            { name: "city", datatype: "BYTES", shape: [] },
            { name: "b", datatype: "FP64", shape: [] },
          ],
          outputs: [
            { name: "label", datatype: "BYTES", shape: [] },
            { name: "probabilities", datatype: "FP64", shape: [2] },
          ],
        });
      });
    });
  });

  describe("reflection", () => {
    it("lists the protocol's service", async () => {
      const wrapper = await WrapperProcess.start(pythonScript(python, "test/support/wrapperModels/sum.py"));
      const path = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
      const call = wrapper.client.makeBidiStreamRequest(path, same, same);
      const answer = new Promise((resolve, reject) => call.on("data", resolve).on("error", reject));
      // list_services
      call.write(Buffer.from([0x3a, 0]));
      expect(String(await answer)).toContain("inference.GRPCInferenceService");
      call.end();
      await wrapper.kill();
    });
  });

  describe("a GPU that cannot be used", () => {
    const model = "examples/digits/models/digits-logistic.onnx";

    it("is refused where ONNX Runtime would go on with the CPU", async () => {
      await withFolder(async (folder) => {
        writeFileSync(join(folder, "onnxruntime.py"), RUNTIME_ON_CPU);
        const command = pythonWrapper(python, "onnx", "--model", model, "--device", "cuda:0");
        const env = { ...command.env, PYTHONPATH: [folder, command.env?.["PYTHONPATH"]].join(delimiter) };
        const message = /--device cuda:0: ONNX Runtime cannot use CUDA here, see docs\/gpu\.md/;
        expectOneLine(await runToExit({ ...command, env }), message);
      });
    });

    it("is refused where XGBoost would go on with the CPU", async () => {
      await withFolder(async (folder) => {
        const args = ["-c", TREES_ON_CPU, join(folder, "trees.json")];
        const { code, stderr } = await runToExit({ command: python, args, env: pythonPath() });
        expect(stderr.trim().split("\n").at(-1)).toBe(
          "--device cuda:0: XGBoost sees no CUDA device here, see docs/gpu.md",
        );
        expect(code).toBe(1);
      });
    });

    it("is refused with the choice that whoever started the wrapper had made", async () => {
      const env = { ...pythonPath(), CUDA_VISIBLE_DEVICES: "7" };
      await expect(run(python, ["-c", NO_GPU], { env })).rejects.toThrow(
        /cuda:0: PyTorch sees 0 CUDA devices here with CUDA_VISIBLE_DEVICES='7', see docs\/gpu\.md/,
      );
    });
  });

  describe("the command line", () => {
    it("says of a port that is taken what to do", async () => {
      const other = createServer().listen(0, "127.0.0.1");
      await once(other, "listening");
      const listen = `127.0.0.1:${(other.address() as AddressInfo).port}`;
      const model = "examples/digits/models/digits-logistic.onnx";
      const { code, stderr } = await runToExit(pythonWrapper(python, "onnx", "--model", model, "--listen", listen));
      other.close();
      const last = stderr.trim().split("\n").at(-1);
      expect([code, last]).toEqual([
        1,
        `cannot listen on ${listen}: the port is taken: give another with --port or --listen`,
      ]);
    });

    it("says its version, Skysail's own", async () => {
      const { stdout } = await run(python, ["-m", "skysail_wrapper", "--version"], { env: pythonPath() });
      expect(stdout).toBe(`${VERSION}\n`);
    });

    it.each([
      ["an unknown framework", ["nothing"], /unknown framework 'nothing': sklearn/],
      ["an unknown option", ["onnx", "--bogus"], /--model/],
      ["a missing file", ["onnx", "--model", "missing.onnx"], /missing\.onnx: no such file/],
      ["a bad value", ["onnx", "--model", "x", "--workers", "0"], /--workers.*positive integer/],
      ["a signature for VW", ["vw", "--model", "x", "--signature", "y"], /--signature: .*--dense/],
      [
        "a bad signature",
        ["sklearn", "--model", "x", "--signature", "package.json"],
        /--signature: package\.json: inputs/,
      ],
      [
        "JSON that is no model",
        ["xgboost", "--model", "package.json"],
        /^package\.json cannot be loaded by XGBoost: .{1,301}$/m,
      ],
      [
        "a signature that is not there",
        ["sklearn", "--model", "package.json", "--signature", "missing.json"],
        /^--signature: missing\.json: No such file/,
      ],
      [
        "a framework that is not installed",
        ["pytorch", "--model", "package.json"],
        /^pytorch: the module torch is not installed: pip install '\.\/wrappers\/python\[pytorch\]'/,
      ],
      [
        "a text that begins like a pickle",
        ["sklearn", "--model", "src/cli/client.ts"],
        /cannot be loaded by joblib: it is no such file/,
      ],
      ["one label", ["onnx", "--model", "x", "--labels", "a"], /--labels.*two names or more/],
      ["a bad address", ["onnx", "--model", "x", "--listen", "nowhere"], /--listen.*unix:\/path or host:port/],
      [
        "a missing provider",
        ["onnx", "--model", "examples/digits/models/digits-logistic.onnx", "--device", "cuda:0"],
        /install onnxruntime-gpu instead, see docs\/gpu\.md/,
      ],
    ])("refuses %s in one line, with exit code 1", async (_, [framework = "", ...args], message) => {
      expectOneLine(await runToExit(pythonWrapper(python, framework, ...args)), message);
    });
  });
});
