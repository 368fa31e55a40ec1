import { poisson } from "./arrivals.js";
import { BenchError } from "./bench.js";
import type { Bench } from "./bench.js";
import { HttpSender } from "./httpSender.js";
import { runOpenLoop } from "./openLoop.js";
import type { Sent } from "./openLoop.js";
import { answeredRows } from "./rowDocuments.js";
import type { RowDocuments } from "./rowDocuments.js";
import { seededRandom } from "./simulation/seededRandom.js";
import { percentile, round } from "./statistics.js";

/** A document holds the rows that arrive in this time: a generator of single rows would be slower than the server. */
const DOCUMENT_MS = 2;
const MAX_DOCUMENT_ROWS = 64;

/** What is asked, and where. */
export interface Asked {
  readonly url: string;
  readonly documents: RowDocuments;
  readonly application: string;
}

export interface OpenLoad {
  /** Rows. */
  readonly perSecond: number;
  readonly seconds: number;
  readonly sloMs: number;
  readonly seed: number;
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

/** Poisson arrivals of documents in an open loop. */
export async function offerDocuments({ signal }: Bench, asked: Asked, load: OpenLoad): Promise<OpenFigures> {
  const { perSecond, seconds, sloMs, seed } = load;
  const rows = Math.min(MAX_DOCUMENT_ROWS, Math.max(1, Math.round((perSecond * DOCUMENT_MS) / 1000)));
  const arrivals = poisson(perSecond / rows, seconds, seededRandom(seed));
  const sender = new HttpSender(asked.url);
  const send = (): Promise<string> => sender.post(asked.documents.next(asked.application, rows));
  const before = { cpu: process.cpuUsage(), ms: performance.now() };
  const sent = await runOpenLoop({ arrivals, send, signal }).finally(() => sender.close());
  const { user, system } = process.cpuUsage(before.cpu);
  const generatorBusy = round((user + system) / 1000 / (performance.now() - before.ms));
  return { ...openFigures(sent, { rows, seconds, sloMs }), generatorBusy };
}

function openFigures(
  sent: readonly Sent[],
  { rows, seconds, sloMs }: { readonly rows: number; readonly seconds: number; readonly sloMs: number },
): Omit<OpenFigures, "generatorBusy"> {
  let answered = 0;
  let good = 0;
  const latencies: number[] = [];
  for (const { body, latencyMs } of sent) {
    const count = answeredRows(body);
    answered += count;
    if (latencyMs <= sloMs) good += count;
    if (count > 0) latencies.push(latencyMs);
  }
  return {
    offeredPerSecond: round((sent.length * rows) / seconds),
    goodPerSecond: round(good / seconds),
    answeredPerSecond: round(answered / seconds),
    p99Ms: round(percentile(latencies, 0.99) ?? NaN),
  };
}

/** Keeps so many documents of `rows` rows on their way. */
export async function keepDocuments({ signal }: Bench, asked: Asked, load: ClosedLoad): Promise<ClosedFigures> {
  const sender = new HttpSender(asked.url);
  const latencies: number[] = [];
  const startMs = performance.now();
  const untilMs = startMs + load.seconds * 1000;
  const oneAfterAnother = async (): Promise<void> => {
    for (let sentMs = startMs; sentMs < untilMs; sentMs = performance.now()) {
      signal.throwIfAborted();
      requireAll(await sender.post(asked.documents.next(asked.application, load.rows)), load.rows);
      latencies.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: load.documents }, oneAfterAnother)).finally(() => sender.close());
  const perSecond = (latencies.length * load.rows * 1000) / (performance.now() - startMs);
  return { perSecond: round(perSecond), p99Ms: round(percentile(latencies, 0.99) ?? NaN) };
}

function requireAll(body: string, rows: number): void {
  const answered = answeredRows(body);
  if (answered < rows) throw new BenchError(`only ${answered} of ${rows} rows were answered: ${body.slice(0, 200)}`);
}
