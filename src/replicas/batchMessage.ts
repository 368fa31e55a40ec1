import { firstNonFinite } from "../domain/finite.js";
import type { Batch, BatchReply, RowReply } from "../domain/ports.js";
import { elementEnd } from "../domain/stringTensor.js";
import type { Row, Signature, TensorSpec } from "../domain/tensor.js";
import { elementCount, rowBytes } from "../domain/tensor.js";
import type { OutputPlaces } from "../lib/askedOutputs.js";
import type {
  ModelInferRequest,
  ModelInferRequest_InferRequestedOutputTensor,
  ModelInferResponse,
  ModelInferResponse_InferOutputTensor,
} from "../protocol/generated/inference.js";
import { packContents } from "../protocol/typedContents.js";

/** Whom a request is for. */
export interface Addressee {
  readonly model: string;
  /** As the server calls it; "" where it has none. */
  readonly servedVersion: string;
  readonly signature: Signature;
  readonly extended: boolean;
}

/**
 * A batch as one request: each input tensor is its rows' bytes one after another. `places`: the outputs asked for. Wrappers
 * with the extension answer unasked with all; of other servers some give only those that are named.
 */
export function toInferRequest(addressee: Addressee, batch: Batch, places?: OutputPlaces): ModelInferRequest {
  const { model, servedVersion, signature, extended } = addressee;
  const rows = batch.rows.length;
  return {
    modelName: model,
    modelVersion: servedVersion,
    id: String(batch.id),
    parameters: {},
    inputs: signature.inputs.map(({ name, datatype, shape }) => ({
      name,
      datatype,
      shape: [rows, ...shape],
      parameters: {},
      contents: undefined,
    })),
    outputs: extended && asksAll(signature, places) ? [] : namesOf(signature, places),
    rawInputContents: signature.inputs.map((_, tensor) => concatenate(batch.rows, tensor)),
  };
}

function asksAll({ outputs }: Signature, places: OutputPlaces): boolean {
  return places === undefined || places.size === outputs.length;
}

function namesOf({ outputs }: Signature, places: OutputPlaces): ModelInferRequest_InferRequestedOutputTensor[] {
  const asked = places === undefined ? outputs : outputs.filter((_, place) => places.has(place));
  return asked.map(({ name }) => ({ name, parameters: {} }));
}

function concatenate(rows: readonly Row[], tensor: number): Buffer {
  if (rows.length === 1) {
    const only = (rows[0] as Row)[tensor] as Uint8Array;
    return Buffer.from(only.buffer, only.byteOffset, only.byteLength);
  }
  return Buffer.concat(rows.map((row) => row[tensor] as Uint8Array));
}

/**
 * A reply, checked against the signature and the number of rows asked for. A reply of another length is refused
 * whole: handing out its prefix would give queries one another's answers. A row with NaN or infinity fails alone, as does
 * one of which the wrapper says in `rowErrors` that it has no answer. Outputs that were not asked for are empty, whatever
 * the reply has in their place.
 */
export function fromInferResponse(
  signature: Signature,
  rows: number,
  response: ModelInferResponse,
  { places, rowErrors = NONE }: ReplyTerms = {},
): BatchReply {
  const tensors: Uint8Array[][] = [];
  const bad = new Map<number, string>();
  const notAsked = new Array<Uint8Array>(rows).fill(NOT_ASKED);
  for (const [place, spec] of signature.outputs.entries()) {
    if (places?.has(place) === false) {
      tensors.push(notAsked);
      continue;
    }
    const at = response.outputs.findIndex((output) => output.name === spec.name);
    const output = response.outputs[at];
    if (output === undefined) return badOutput(`the reply has no output "${spec.name}"`);
    const difference = shapeDifference(spec, rows, output.datatype, output.shape);
    if (difference !== undefined) return badOutput(`output "${spec.name}": ${difference}`);
    const raw = response.rawOutputContents[at] ?? packedContents(spec, output);
    if (typeof raw === "string") return badOutput(`output "${spec.name}": ${raw}`);
    const split = rowBytes(spec) === undefined ? splitStrings(spec, rows, raw) : splitFixed(spec, rows, raw);
    if (typeof split === "string") return badOutput(`output "${spec.name}": ${split}`);
    if (firstNonFinite(spec.datatype, raw) !== undefined) noteNonFinite(spec, split, bad);
    tensors.push(split);
  }
  return { kind: "rows", rows: rowReplies(rows, tensors, bad, rowErrors) };
}

export interface ReplyTerms {
  /** Of the outputs asked for. */
  readonly places?: OutputPlaces;
  readonly rowErrors?: ReadonlyMap<number, string> | undefined;
}

const NONE: ReadonlyMap<number, string> = new Map();
/** No output that was asked for is so short: each has at least one element, and the length of a text is four bytes. */
const NOT_ASKED = new Uint8Array(0);

/** Other servers may answer with typed contents. */
function packedContents(
  { datatype }: TensorSpec,
  { contents }: ModelInferResponse_InferOutputTensor,
): Uint8Array | string {
  return contents === undefined ? "the reply has no contents" : packContents(datatype, contents);
}

function badOutput(message: string): BatchReply {
  return { kind: "failed", code: "MODEL_BAD_OUTPUT", message };
}

function shapeDifference(spec: TensorSpec, rows: number, datatype: string, shape: number[]): string | undefined {
  if (datatype !== spec.datatype) return `expected datatype ${spec.datatype}, got ${datatype}`;
  if (shape[0] !== rows) return `expected ${rows} rows, got ${shape[0] ?? 0}`;
  const [, ...own] = shape;
  if (own.join() === spec.shape.join()) return undefined;
  return `expected row shape [${spec.shape.join(",")}], got [${own.join(",")}]`;
}

function splitFixed(spec: TensorSpec, rows: number, raw: Uint8Array): Uint8Array[] | string {
  const width = rowBytes(spec) as number;
  if (raw.length !== rows * width) return `expected ${rows * width} bytes for ${rows} rows, got ${raw.length}`;
  const parts = new Array<Uint8Array>(rows);
  for (let i = 0; i < rows; i++) parts[i] = raw.subarray(i * width, (i + 1) * width);
  return parts;
}

function splitStrings(spec: TensorSpec, rows: number, raw: Uint8Array): Uint8Array[] | string {
  const perRow = elementCount(spec.shape);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; i < rows; i++) {
    const start = at;
    for (let j = 0; j < perRow; j++) {
      const end = elementEnd(raw, at);
      if (end === undefined) return `the strings end in row ${i} of ${rows}`;
      if (end > raw.length) return `a string of row ${i} is longer than the message`;
      at = end;
    }
    parts.push(raw.subarray(start, at));
  }
  return at === raw.length ? parts : `${raw.length - at} bytes are left after ${rows} rows`;
}

function noteNonFinite(spec: TensorSpec, split: readonly Uint8Array[], bad: Map<number, string>): void {
  split.forEach((bytes, row) => {
    if (firstNonFinite(spec.datatype, bytes) !== undefined) bad.set(row, `output "${spec.name}" has NaN or infinity`);
  });
}

function rowReplies(
  rows: number,
  tensors: readonly Uint8Array[][],
  bad: ReadonlyMap<number, string>,
  rowErrors: ReadonlyMap<number, string>,
): RowReply[] {
  const replies = new Array<RowReply>(rows);
  for (let i = 0; i < rows; i++) {
    const rowError = rowErrors.get(i);
    const message = bad.get(i);
    if (rowError !== undefined) replies[i] = { kind: "failed", code: "MODEL_ERROR", message: rowError };
    else if (message !== undefined) replies[i] = { kind: "failed", code: "MODEL_BAD_OUTPUT", message };
    else replies[i] = { kind: "output", output: tensors.map((tensor) => tensor[i] as Uint8Array) };
  }
  return replies;
}
