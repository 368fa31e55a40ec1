import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Throws when the CUDA provider's library is not installed: npm packages have no room for it. */
export function requireCudaProvider(): void {
  const binding = createRequire(import.meta.url).resolve("onnxruntime-node");
  const folder = join(dirname(binding), "..", "bin", "napi-v6", process.platform, process.arch);
  const library = "libonnxruntime_providers_cuda.so";
  if (existsSync(join(folder, library))) return;
  throw new Error(
    `--device cuda: ONNX Runtime's CUDA provider (${library}) is not installed. Install it with ` +
      "`ONNXRUNTIME_NODE_INSTALL=true node node_modules/onnxruntime-node/script/install.js`, see docs/gpu.md",
  );
}
