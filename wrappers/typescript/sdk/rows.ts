import { elementCount, rowBytes, type TensorSpec } from "../../../src/domain/tensor.js";
import type { RequestBatch } from "./batch.js";
import type { Outputs } from "./model.js";
import { packOutputs } from "./packOutput.js";
import { isRefusal, refusal, unusable, type Refusal } from "./refusal.js";

/** What a model gave for the rows of a request. */
export interface AnsweredRows {
  /** With all rows: zeros or empty texts for those with which the model threw. */
  readonly outputs: Outputs;
  readonly failed: ReadonlyMap<number, Refusal>;
}

/** Asks the model; what it throws or rejects with is the refusal's `error`. */
export type Attempt = (batch: RequestBatch) => Promise<Outputs | Refusal>;

/**
 * Calls that may fail, for each time that the rows can be halved: enough for four rows wherever they are among 256. A
 * model that fails whatever it is given is asked for about four times the batch, the largest parts first.
 */
const FAILING_CALLS_PER_HALVING = 4;

/** What of a batch was refused by the model itself, row by row; a refusal where that is not to be told apart. */
export function withRefused(
  outputs: Outputs,
  { rows, refused }: RequestBatch,
  takesRowErrors: boolean,
): AnsweredRows | Refusal {
  const failed = new Map([...refused].map(([row, why]) => [row, refusal("INVALID_ARGUMENT", why)] as const));
  if (failed.size === 0 || (takesRowErrors && failed.size < rows)) return { outputs, failed };
  const row = Math.min(...failed.keys());
  const { code, message } = failed.get(row) as Refusal;
  return refusal(code, rows === 1 ? message : `row ${row}: ${message}`);
}

/**
 * The rows of a batch with which the model threw, each part of them that it answers: halves are tried, and halves of
 * those. A row with which it throws alone has failed, and so have those for which no call is left or, as `inTime` says, no
 * time. `why` itself where no row has an answer.
 */
export async function halve(
  attempt: Attempt,
  batch: RequestBatch,
  specs: readonly TensorSpec[],
  why: Refusal,
  inTime: () => boolean,
): Promise<AnsweredRows | Refusal> {
  const failed = new Map<number, Refusal>();
  const parts = new Map<number, readonly Uint8Array[]>();
  const places = batch.wanted.map((name) => specs.findIndex((spec) => spec.name === name));
  const fail = ({ start, end }: Part, reason: Refusal): void => {
    for (let row = start; row < end; row++) failed.set(row, reason);
    parts.set(start, blank(specs, places, end - start));
  };
  let failuresLeft = FAILING_CALLS_PER_HALVING * Math.ceil(Math.log2(batch.rows));
  const waiting = halves(0, batch.rows, why);
  // Grows while it is gone through: the largest parts come first.
  for (const part of waiting) {
    const { start, end } = part;
    if (failuresLeft === 0 || !inTime()) {
      fail(part, part.reason);
      continue;
    }
    const rows = batch.part(start, end);
    const answer = copied(await attempt(rows), specs, places, rows.rows);
    if (!isRefusal(answer)) {
      parts.set(start, answer);
      for (const [row, because] of rows.refused) failed.set(start + row, refusal("INVALID_ARGUMENT", because));
      continue;
    }
    failuresLeft -= 1;
    if (answer.error !== undefined && rows.rows > 1) waiting.push(...halves(start, end, answer));
    else fail(part, answer);
  }
  return failed.size === batch.rows ? why : { outputs: joined(parts, specs, places), failed };
}

interface Part {
  readonly start: number;
  readonly end: number;
  /** Why it has no answer yet. */
  readonly reason: Refusal;
}

function halves(start: number, end: number, reason: Refusal): Part[] {
  const middle = Math.ceil((start + end) / 2);
  return [
    { start, end: middle, reason },
    { start: middle, end, reason },
  ];
}

/** Packed, and copied: the model may use its arrays again for the next part. */
function copied(
  outputs: Outputs | Refusal,
  specs: readonly TensorSpec[],
  places: readonly number[],
  rows: number,
): readonly Uint8Array[] | Refusal {
  if (isRefusal(outputs)) return outputs;
  try {
    const packed = packOutputs(specs, outputs, rows, places);
    return isRefusal(packed) ? packed : packed.map((bytes) => new Uint8Array(bytes));
  } catch (error) {
    return unusable(error);
  }
}

/** Zeros; an empty text is its length of four bytes. */
function blank(specs: readonly TensorSpec[], places: readonly number[], rows: number): Uint8Array[] {
  return places.map((place) => {
    const spec = specs[place] as TensorSpec;
    return new Uint8Array(rows * (rowBytes(spec) ?? 4 * elementCount(spec.shape)));
  });
}

function joined(
  parts: ReadonlyMap<number, readonly Uint8Array[]>,
  specs: readonly TensorSpec[],
  places: readonly number[],
): Outputs {
  const inOrder = [...parts].sort(([one], [other]) => one - other).map(([, packed]) => packed);
  return specs.map((_, place) => {
    const i = places.indexOf(place);
    return i === -1 ? undefined : Buffer.concat(inOrder.map((packed) => packed[i] as Uint8Array));
  });
}
