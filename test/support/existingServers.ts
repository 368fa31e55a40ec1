import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { copyFile, cp, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Signature, TensorSpec } from "../../src/domain/tensor.js";
import { OwnProcess } from "./ownProcesses.js";
import { ROOT } from "./pythonEnvironment.js";

const SOURCES = join(ROOT, "test/frameworks/servers");

/** A server of somebody else's, as its own documentation starts it. */
export interface ExistingServer {
  readonly endpoint: string;
  /** Again after `killAll`, at the same address. */
  start(): OwnProcess;
}

/** Rows that no model was trained with, and what scikit-learn says of them. */
export interface Digits {
  readonly rows: readonly (readonly number[])[];
  readonly labels: readonly string[];
}

/** Text and numbers in and out, in row shapes as a server states them. */
export function pairsSignature(one: readonly number[]): Signature {
  return {
    inputs: [
      { name: "text", datatype: "BYTES", shape: one },
      { name: "x", datatype: "FP32", shape: [2] },
    ],
    outputs: [
      { name: "total", datatype: "FP64", shape: one },
      { name: "loud", datatype: "BYTES", shape: one },
    ],
  };
}

/**
 * MLServer with a scikit-learn model, `digits@1`, one that states neither version nor signature, `sums`, and one of two inputs,
 * `pairs@1`.
 */
export async function mlserver(python: string, folder: string): Promise<ExistingServer & { digits: Digits }> {
  const [grpc, http] = [await freePort(), await freePort()];
  const settings = { host: "127.0.0.1", grpc_port: grpc, http_port: http, metrics_endpoint: null, parallel_workers: 0 };
  const digits = {
    name: "digits",
    implementation: "mlserver_sklearn.SKLearnModel",
    parameters: { uri: "./model.joblib", version: "1" },
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 64] }],
    outputs: [
      { name: "predict", datatype: "INT64", shape: [-1, 1] },
      { name: "predict_proba", datatype: "FP32", shape: [-1, 10] },
    ],
  };
  const { inputs, outputs } = pairsSignature([1]);
  const stated = (specs: readonly TensorSpec[]) => specs.map((spec) => ({ ...spec, shape: [-1, ...spec.shape] }));
  const pairs = {
    name: "pairs",
    implementation: "pairs.Pairs",
    parameters: { version: "1" },
    inputs: stated(inputs),
    outputs: stated(outputs),
  };
  for (const name of ["digits", "sums", "pairs"]) await mkdir(join(folder, name));
  await writeFile(join(folder, "settings.json"), JSON.stringify(settings));
  await writeFile(join(folder, "digits/model-settings.json"), JSON.stringify(digits));
  await writeFile(
    join(folder, "sums/model-settings.json"),
    JSON.stringify({ name: "sums", implementation: "sums.Sums" }),
  );
  await writeFile(join(folder, "pairs/model-settings.json"), JSON.stringify(pairs));
  for (const name of ["sums", "pairs"]) {
    await copyFile(join(SOURCES, `mlserver/${name}.py`), join(folder, `${name}/${name}.py`));
  }
  const trained = await promisify(execFile)(python, [join(SOURCES, "mlserver/train.py")], {
    cwd: join(folder, "digits"),
    maxBuffer: 2 ** 24,
  });
  return {
    digits: JSON.parse(trained.stdout) as Digits,
    endpoint: `127.0.0.1:${grpc}`,
    start: () =>
      new OwnProcess([python, "-c", "from mlserver.cli import main; main()", "start", "."], { cwd: folder, folder }),
  };
}

/** Triton with two models of its Python backend, `sums@1` and `pairs@1`. */
export async function triton(python: string, folder: string): Promise<ExistingServer> {
  const grpc = await freePort();
  const library = join(dirname(python), "../lib");
  const [version = ""] = readdirSync(library).filter((name) => /^python3\.\d+$/.test(name));
  const packaged = join(library, version, "site-packages/pytriton/tritonserver");
  // The package has the backend for every Python, each in a folder of its own.
  const backend = join(folder, "backends/python");
  await cp(join(packaged, "backends/python"), backend, { recursive: true });
  const stub = "triton_python_backend_stub";
  await cp(join(packaged, "python_backend_stubs", version.slice("python".length), stub), join(backend, stub));
  await cp(join(SOURCES, "triton"), join(folder, "models"), { recursive: true });
  const options = [
    `--model-repository=${join(folder, "models")}`,
    `--backend-directory=${join(folder, "backends")}`,
    "--grpc-address=127.0.0.1",
    `--grpc-port=${grpc}`,
    "--allow-http=false",
    "--allow-metrics=false",
  ];
  return {
    endpoint: `127.0.0.1:${grpc}`,
    start: () =>
      new OwnProcess([join(packaged, "bin/tritonserver"), ...options], {
        folder,
        env: {
          PATH: `${dirname(python)}:${process.env["PATH"] ?? ""}`,
          LD_LIBRARY_PATH: join(packaged, "../../nvidia_pytriton.libs"),
        },
      }),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
