import { setUpApplication } from "./application.js";
import type { Served } from "./application.js";
import { poisson } from "./arrivals.js";
import { BenchError } from "./bench.js";
import type { Bench } from "./bench.js";
import { HttpSender } from "./httpSender.js";
import { answeredRows, ImageDocuments } from "./imageDocuments.js";
import { startOnnxWrapper } from "./onnxWrapper.js";
import { runOpenLoop } from "./openLoop.js";
import type { Sent } from "./openLoop.js";
import { seededRandom } from "./simulation/seededRandom.js";
import { startSkysail, temporaryFolder } from "./skysailServer.js";
import { percentile, round } from "./statistics.js";
import { PIXELS, prepareTrainedModels } from "./trainedModels.js";
import type { ModelName, TrainedModels } from "./trainedModels.js";

/** Of the strictest objective on images: the ancestors' own. */
export const IMAGE_SLO_MS = 20;
/** A document holds the rows that arrive in this time: a generator of single rows would be slower than the server. */
const DOCUMENT_MS = 2;
const MAX_DOCUMENT_ROWS = 64;

/** An application and its model, behind a wrapper of its own. */
export interface ImageApplication {
  readonly name: string;
  readonly model: ModelName;
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

export interface OpenFigures {
  readonly offeredPerSecond: number;
  /** Rows answered by the model within the objective, from when they were meant to be sent to the whole document's answer. */
  readonly goodPerSecond: number;
  /** Rows answered by the model, in time or not. */
  readonly answeredPerSecond: number;
  /** Of documents with a row answered by the model. */
  readonly p99Ms: number;
  /** Cores that the generator, this process, used. */
  readonly generatorBusy: number;
}

export interface ClosedLoad {
  readonly documents: number;
  readonly rows: number;
  readonly seconds: number;
}

export interface ClosedFigures {
  /** Rows. */
  readonly perSecond: number;
  /** Of documents. */
  readonly p99Ms: number;
}

/** A server for models of images behind the ONNX wrapper, and generators that send many images a document. */
export async function startImageRig(bench: Bench): Promise<ImageRig> {
  const models = await prepareTrainedModels(bench);
  bench.progress("  starting the server");
  const folder = await temporaryFolder(bench);
  const { graphqlUrl } = await startSkysail(bench, folder);
  const documents = new ImageDocuments(models.testImages);
  return {
    graphqlUrl,
    models,
    serve: async ({ name, model, sloMs, settings = {} }) => {
      const { endpoint } = await startOnnxWrapper(bench, folder, name, models.fileOf(model));
      const input = { name: "pixels", datatype: "UINT8" as const, shape: [PIXELS] };
      await setUpApplication(graphqlUrl, { name, endpoint, sloMs, input, settings });
    },
    offer: offering(bench, graphqlUrl, documents),
    keepInFlight: keeping(bench, graphqlUrl, documents),
  };
}

function offering({ signal }: Bench, url: string, documents: ImageDocuments): ImageRig["offer"] {
  let seed = 0;
  return async (name, perSecond, seconds) => {
    const rows = Math.min(MAX_DOCUMENT_ROWS, Math.max(1, Math.round((perSecond * DOCUMENT_MS) / 1000)));
    const arrivals = poisson(perSecond / rows, seconds, seededRandom((seed += 1)));
    const sender = new HttpSender(url);
    const send = (): Promise<string> => sender.post(documents.next(name, rows));
    const before = { cpu: process.cpuUsage(), ms: performance.now() };
    const sent = await runOpenLoop({ arrivals, send, signal }).finally(() => sender.close());
    const { user, system } = process.cpuUsage(before.cpu);
    const generatorBusy = round((user + system) / 1000 / (performance.now() - before.ms));
    return { ...openFigures(sent, rows, seconds), generatorBusy };
  };
}

function openFigures(sent: readonly Sent[], rows: number, seconds: number): Omit<OpenFigures, "generatorBusy"> {
  let answered = 0;
  let good = 0;
  const latencies: number[] = [];
  for (const { body, latencyMs } of sent) {
    const count = answeredRows(body);
    answered += count;
    if (latencyMs <= IMAGE_SLO_MS) good += count;
    if (count > 0) latencies.push(latencyMs);
  }
  return {
    offeredPerSecond: round((sent.length * rows) / seconds),
    goodPerSecond: round(good / seconds),
    answeredPerSecond: round(answered / seconds),
    p99Ms: round(percentile(latencies, 0.99) ?? NaN),
  };
}

function keeping({ signal }: Bench, url: string, documents: ImageDocuments): ImageRig["keepInFlight"] {
  return async (name, load) => {
    const sender = new HttpSender(url);
    const latencies: number[] = [];
    const startMs = performance.now();
    const untilMs = startMs + load.seconds * 1000;
    const oneAfterAnother = async (): Promise<void> => {
      for (let sentMs = startMs; sentMs < untilMs; sentMs = performance.now()) {
        signal.throwIfAborted();
        requireAll(await sender.post(documents.next(name, load.rows)), load.rows);
        latencies.push(performance.now() - sentMs);
      }
    };
    await Promise.all(Array.from({ length: load.documents }, oneAfterAnother)).finally(() => sender.close());
    const perSecond = (latencies.length * load.rows * 1000) / (performance.now() - startMs);
    return { perSecond: round(perSecond), p99Ms: round(percentile(latencies, 0.99) ?? NaN) };
  };
}

function requireAll(body: string, rows: number): void {
  const answered = answeredRows(body);
  if (answered < rows) throw new BenchError(`only ${answered} of ${rows} rows were answered: ${body.slice(0, 200)}`);
}
