import type { Batch, BatchReply, Clock } from "../domain/ports.js";
import type { Row } from "../domain/tensor.js";

export interface WarmUpOptions {
  /** Real rows to try a wrapper with before queries reach it; none, and there is no warm-up. */
  readonly rows: () => readonly Row[];
  /** Rows of each batch, in order. */
  readonly sizes: readonly number[];
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

type Send = (batch: Batch, done: (reply: BatchReply) => void) => void;

/**
 * Sends batches of real rows, repeated to fill each size, one after another; batches above `maxBytes` are left out.
 * The first size goes twice, and only the second time counts: a first call allocates, compiles and loads, and says
 * nothing about the next. Settles as soon as `send` has called back for every batch, or one came without outputs.
 */
export async function warmUp(
  rows: readonly Row[],
  sizes: readonly number[],
  { clock, maxBytes, send }: { readonly clock: Clock; readonly maxBytes: number; readonly send: Send },
): Promise<WarmUpResult> {
  const samples: WarmUpSample[] = [];
  const fitting = sizes.filter((size) => bytesOf(repeated(rows, size)) <= maxBytes);
  for (const [call, size] of [...fitting.slice(0, 1), ...fitting].entries()) {
    const startedMs = clock.nowMs();
    const batch = warmUpBatch(call, repeated(rows, size));
    const reply = await new Promise<BatchReply>((resolve) => send(batch, resolve));
    const problem = problemOf(reply);
    if (problem !== undefined) return { kind: "failed", why: `warm-up with ${size} rows: ${problem}` };
    if (call > 0) samples.push({ rows: size, serviceMs: clock.nowMs() - startedMs });
  }
  return { kind: "warm", samples };
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
