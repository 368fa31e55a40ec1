import { setUpApplication } from "./application.js";
import type { Served } from "./application.js";
import type { Bench } from "./bench.js";
import { keepDocuments, offerDocuments } from "./documentLoad.js";
import type { Asked, ClosedFigures, ClosedLoad, OpenFigures } from "./documentLoad.js";
import type { WrapperProcess } from "./wrapperProcess.js";
import { startOnnxWrapper } from "./onnxWrapper.js";
import { startPythonWrapper } from "./pythonWrapper.js";
import { RowDocuments } from "./rowDocuments.js";
import { startSkysail, temporaryFolder } from "./skysailServer.js";
import { PIXELS, prepareTrainedModels } from "./trainedModels.js";
import type { ModelName, TrainedModels } from "./trainedModels.js";

/** Of the strictest objective on images: the ancestors' own. */
export const IMAGE_SLO_MS = 20;

export type Runtime = "onnx" | "scikit-learn";

/** An application and its model, behind a wrapper of its own. */
export interface ImageApplication {
  readonly name: string;
  readonly model: ModelName;
  /** What runs it. Default: onnx. */
  readonly runtime?: Runtime;
  readonly sloMs: number;
  readonly settings?: Served["settings"];
}

export interface ImageRig {
  readonly graphqlUrl: string;
  readonly models: TrainedModels;
  readonly serve: (application: ImageApplication) => Promise<void>;
  /** Poisson arrivals of documents in an open loop. */
  readonly offer: (name: string, perSecond: number, seconds: number) => Promise<OpenFigures>;
  /** Keeps so many documents of `rows` rows on their way. */
  readonly keepInFlight: (name: string, load: ClosedLoad) => Promise<ClosedFigures>;
}

/** A server for models of images, and generators that send many images a document. */
export async function startImageRig(bench: Bench): Promise<ImageRig> {
  const models = await prepareTrainedModels(bench);
  bench.progress("  starting the server");
  const folder = await temporaryFolder(bench);
  const { graphqlUrl } = await startSkysail(bench, folder);
  const documents = new RowDocuments(imagesOf(models.testImages));
  const asked = (application: string): Asked => ({ url: graphqlUrl, documents, application });
  let seed = 0;
  return {
    graphqlUrl,
    models,
    serve: async ({ sloMs, settings = {}, ...application }) => {
      const { name } = application;
      const { endpoint } = await startWrapper(bench, folder, models, application);
      const input = { name: "pixels", datatype: "UINT8" as const, shape: [PIXELS] };
      await setUpApplication(graphqlUrl, { name, endpoint, sloMs, input, settings });
    },
    offer: (name, perSecond, seconds) =>
      offerDocuments(bench, asked(name), { perSecond, seconds, sloMs: IMAGE_SLO_MS, seed: (seed += 1) }),
    keepInFlight: (name, load) => keepDocuments(bench, asked(name), load),
  };
}

function startWrapper(
  bench: Bench,
  folder: string,
  models: TrainedModels,
  { name, model, runtime = "onnx" }: Pick<ImageApplication, "name" | "model" | "runtime">,
): Promise<WrapperProcess> {
  if (runtime === "onnx") return startOnnxWrapper(bench, folder, name, models.fileOf(model, "onnx"));
  const args = ["sklearn", "--model", models.fileOf(model, "joblib"), "--signature", models.signatureFile];
  return startPythonWrapper(bench, folder, name, args);
}

/** Their first pixels are blank in nearly all of them. */
function imagesOf(pixels: Uint8Array): readonly Uint8Array[] {
  const count = Math.floor(pixels.length / PIXELS);
  return Array.from({ length: count }, (_, i) => pixels.subarray(i * PIXELS, (i + 1) * PIXELS));
}
