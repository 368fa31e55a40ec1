import type { Batch, BatchReply, Clock } from "../domain/ports.js";
import type { Row } from "../domain/tensor.js";

export interface WarmUpOptions {
  /** Real rows to try a wrapper with before queries reach it; none, and there is no warm-up. */
  readonly rows: () => readonly Row[];
  /** Rows of each batch, in order. */
  readonly sizes: () => readonly number[];
  /**
   * What one batch may take in service, by what smaller ones took: the first size that takes longer is the last. Default:
   * no matter what.
   */
  readonly budgetMs?: (samples: readonly WarmUpSample[]) => number;
  /** After so long no further batch is begun. Default: no limit. */
  readonly limitMs?: () => number;
}

/** How long a batch of so many rows took, after the first call. */
export interface WarmUpSample {
  readonly rows: number;
  readonly serviceMs: number;
}

export type WarmUpResult =
  | { readonly kind: "warm"; readonly samples: readonly WarmUpSample[] }
  | { readonly kind: "failed"; readonly why: string };

/** 1, 2, 4 and so on up to the largest batch, which is the last. */
export function doublingSizes(maxRows: number): readonly number[] {
  const sizes: number[] = [];
  for (let size = 1; size < maxRows; size *= 2) sizes.push(size);
  return [...sizes, maxRows];
}

export interface WarmUpRun {
  readonly rows: readonly Row[];
  readonly sizes: readonly number[];
  readonly clock: Clock;
  /** Batches above it are left out. */
  readonly maxBytes: number;
  readonly budgetMs: (samples: readonly WarmUpSample[]) => number;
  readonly limitMs: number;
  readonly send: (batch: Batch, done: (reply: BatchReply) => void) => void;
  /** Before each size. */
  readonly onSize: (rows: number) => void;
}

type Call = { readonly serviceMs: number } | { readonly problem: string };

/**
 * Sends batches of real rows, repeated to fill each size, one after another. The first size goes twice, and only the
 * second time counts: a first call allocates, compiles and loads, and says nothing about the next. So does a larger one
 * that takes longer than a batch may, since some models compile for each size; if it does again, the sizes beyond would
 * never be used. A model that cannot do the first size is of no use; one that fails a larger one is warm up to there.
 * Settles as soon as `send` has called back for every batch.
 */
export async function warmUp(run: WarmUpRun): Promise<WarmUpResult> {
  const { rows, clock, maxBytes } = run;
  const samples: WarmUpSample[] = [];
  const endMs = clock.nowMs() + run.limitMs;
  let budgetMs = run.budgetMs([]);
  let calls = 0;
  const call = async (size: number): Promise<Call> => {
    const startedMs = clock.nowMs();
    const batch = warmUpBatch(calls++, repeated(rows, size));
    const problem = problemOf(await new Promise<BatchReply>((resolve) => run.send(batch, resolve)));
    return problem === undefined ? { serviceMs: clock.nowMs() - startedMs } : { problem };
  };
  for (const size of run.sizes.filter((rowCount) => bytesOf(repeated(rows, rowCount)) <= maxBytes)) {
    const isFirst = calls === 0;
    if (!isFirst && clock.nowMs() >= endMs) break;
    run.onSize(size);
    let took = await call(size);
    if (!("problem" in took) && (isFirst || took.serviceMs > budgetMs)) took = await call(size);
    if ("problem" in took && isFirst) return { kind: "failed", why: `warm-up with ${size} rows: ${took.problem}` };
    if ("problem" in took) break;
    samples.push({ rows: size, serviceMs: took.serviceMs });
    budgetMs = run.budgetMs(samples);
    if (took.serviceMs > budgetMs) break;
  }
  return { kind: "warm", samples };
}

/** For operators: how far a warm-up went. */
export function describeWarmUp(samples: readonly WarmUpSample[]): string {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) {
    return "none: no inputs are given as warmUpInputs, and none have been recorded yet";
  }
  return `${samples.length} sizes, ${first.rows} to ${last.rows} rows in ${first.serviceMs.toFixed(1)} to ${last.serviceMs.toFixed(1)} ms`;
}

function repeated(rows: readonly Row[], size: number): readonly Row[] {
  return Array.from({ length: size }, (_, i) => rows[i % rows.length] as Row);
}

function bytesOf(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + row.reduce((bytes, part) => bytes + part.length, 0), 0);
}

function warmUpBatch(call: number, rows: readonly Row[]): Batch {
  // Batches of queries count from 1.
  return { id: -1 - call, rows, rowIds: rows.map((_, i) => i), deadlineMs: Infinity };
}

/** A row that fails alone is the row's fault: what is tried here is the wrapper. */
function problemOf(reply: BatchReply): string | undefined {
  if (reply.kind !== "rows") return reply.message;
  const failed = reply.rows.find((row) => row.kind === "failed");
  if (failed === undefined || reply.rows.some((row) => row.kind === "output")) return undefined;
  return failed.kind === "failed" ? failed.message : undefined;
}
