import { firstNonFinite } from "../../../src/domain/finite.js";
import { countElements } from "../../../src/domain/stringTensor.js";
import { elementCount, rowBytes, type Signature, type TensorSpec } from "../../../src/domain/tensor.js";
import { checksumOfContents } from "../../../src/protocol/checksum.js";
import { REQUEST_PARAMETERS } from "../../../src/protocol/extension.js";
import type {
  InferParameter,
  ModelInferRequest,
  ModelInferRequest_InferInputTensor,
} from "../../../src/protocol/generated/inference.js";
import { InputTensor, RequestBatch } from "./batch.js";
import { isRefusal, refusal, type Refusal } from "./refusal.js";
import { packContents } from "../../../src/protocol/typedContents.js";

export interface RequestLimits {
  readonly maxRows: number;
  /** What happens to NaN and infinite inputs: the model gets them, or the request is refused. */
  readonly nonFinite: "pass" | "refuse";
}

/** A request that may be computed. */
export interface InferRequest {
  readonly kind: "request";
  readonly id: string;
  readonly batch: RequestBatch;
  /** Positions in the signature of the outputs asked for. */
  readonly wanted: readonly number[];
  readonly deadlineUs: number | undefined;
  readonly rowIds: string | undefined;
  readonly checksummed: boolean;
  /** Whether the caller takes a reply in which some rows failed. */
  readonly rowErrors: boolean;
}

export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly signature: Signature;
}

/** Everything that is checked before the model sees a request. */
export function readRequest(
  request: ModelInferRequest,
  model: ServedModel,
  limits: RequestLimits,
): InferRequest | Refusal {
  const unknown = unknownModel(request.modelName, request.modelVersion, model);
  if (unknown !== undefined) return unknown;
  const deadlineUs = integerParameter(request, REQUEST_PARAMETERS.deadlineUs);
  if (typeof deadlineUs === "object") return deadlineUs;
  const checksum = integerParameter(request, REQUEST_PARAMETERS.crc32);
  if (typeof checksum === "object") return checksum;
  if (checksum !== undefined && checksum !== checksumOfContents(request.rawInputContents)) {
    return refusal("DATA_LOSS", `the raw contents do not have the CRC-32 that was sent (${checksum})`);
  }
  const { inputs: inputSpecs, outputs: outputSpecs } = model.signature;
  const inputs = readInputs(request, inputSpecs, limits);
  if (isRefusal(inputs)) return inputs;
  const wanted = wantedOutputs(request, outputSpecs);
  if (isRefusal(wanted)) return wanted;
  const batch = new RequestBatch(
    request.inputs[0]?.shape[0] ?? 0,
    inputs,
    wanted.map((place) => (outputSpecs[place] as TensorSpec).name),
  );
  const rowErrors = flagParameter(request, REQUEST_PARAMETERS.rowErrors);
  if (typeof rowErrors === "object") return rowErrors;
  const rowIds = request.parameters[REQUEST_PARAMETERS.rowIds]?.stringParam;
  const checksummed = checksum !== undefined;
  return { kind: "request", id: request.id, batch, wanted, deadlineUs, rowIds, checksummed, rowErrors };
}

/** An empty version means the one that is served. */
export function unknownModel(name: string, version: string, model: ServedModel): Refusal | undefined {
  if (name !== model.name)
    return refusal("NOT_FOUND", `unknown model ${quote(name)}: this wrapper serves ${model.name}`);
  if (version === "" || version === model.version) return undefined;
  return refusal("NOT_FOUND", `unknown version ${quote(version)} of ${name}: this wrapper serves ${model.version}`);
}

function integerParameter(request: ModelInferRequest, name: string): number | undefined | Refusal {
  const parameter: InferParameter | undefined = request.parameters[name];
  if (parameter === undefined) return undefined;
  return (
    parameter.int64Param ?? parameter.uint64Param ?? refusal("INVALID_ARGUMENT", `parameter ${name} must be an int64`)
  );
}

function flagParameter(request: ModelInferRequest, name: string): boolean | Refusal {
  const parameter: InferParameter | undefined = request.parameters[name];
  if (parameter === undefined) return false;
  return parameter.boolParam ?? refusal("INVALID_ARGUMENT", `parameter ${name} must be a bool`);
}

function readInputs(
  request: ModelInferRequest,
  specs: readonly TensorSpec[],
  limits: RequestLimits,
): readonly InputTensor[] | Refusal {
  const tensors = request.inputs;
  if (tensors.length !== specs.length) {
    return refusal("INVALID_ARGUMENT", `expected ${specs.length} inputs (${names(specs)}), got ${tensors.length}`);
  }
  const raw = request.rawInputContents;
  if (raw.length !== 0 && raw.length !== tensors.length) {
    return refusal("INVALID_ARGUMENT", `${tensors.length} inputs have ${raw.length} raw contents`);
  }
  const rows = tensors[0]?.shape[0] ?? 0;
  if (rows < 1 || rows > limits.maxRows) {
    return refusal("INVALID_ARGUMENT", `rows (${rows}) must be 1 to ${limits.maxRows}`);
  }
  const inputs: InputTensor[] = [];
  for (let i = 0; i < specs.length; i++) {
    const input = readInput(request, i, specs[i] as TensorSpec, rows);
    if (isRefusal(input)) return input;
    if (limits.nonFinite === "refuse") {
      const at = firstNonFinite(input.spec.datatype, input.bytes);
      if (at !== undefined) return refusal("INVALID_ARGUMENT", `input ${input.spec.name}: element ${at} is not finite`);
    }
    inputs.push(input);
  }
  return inputs;
}

/** Inputs may come in any order: position `i` of the signature is looked for where it usually is, then everywhere. */
function readInput(request: ModelInferRequest, i: number, spec: TensorSpec, rows: number): InputTensor | Refusal {
  const tensors = request.inputs;
  const at = tensors[i]?.name === spec.name ? i : tensors.findIndex((tensor) => tensor.name === spec.name);
  const tensor = tensors[at];
  if (tensor === undefined) return refusal("INVALID_ARGUMENT", `input ${spec.name} is missing`);
  const where = `input ${spec.name}`;
  if (tensor.datatype !== spec.datatype) {
    return refusal("INVALID_ARGUMENT", `${where}: expected ${spec.datatype}, got ${quote(tensor.datatype)}`);
  }
  if (!sameShape(tensor.shape, rows, spec.shape)) {
    const expected = [rows, ...spec.shape].join(",");
    return refusal("INVALID_ARGUMENT", `${where}: expected shape [${expected}], got [${tensor.shape.join(",")}]`);
  }
  const bytes = contentsOf(request, at, tensor, spec);
  if (typeof bytes === "string") return refusal("INVALID_ARGUMENT", `${where}: ${bytes}`);
  const wrong = wrongLength(bytes, spec, rows);
  return wrong === undefined ? new InputTensor(spec, bytes) : refusal("INVALID_ARGUMENT", `${where}: ${wrong}`);
}

function sameShape(shape: readonly number[], rows: number, rowShape: readonly number[]): boolean {
  if (shape.length !== rowShape.length + 1 || shape[0] !== rows) return false;
  for (let i = 0; i < rowShape.length; i++) {
    if (shape[i + 1] !== rowShape[i]) return false;
  }
  return true;
}

function contentsOf(
  request: ModelInferRequest,
  at: number,
  tensor: ModelInferRequest_InferInputTensor,
  spec: TensorSpec,
): Uint8Array | string {
  const raw = request.rawInputContents[at];
  if (raw === undefined) {
    return tensor.contents === undefined ? "no contents" : packContents(spec.datatype, tensor.contents);
  }
  return tensor.contents === undefined ? raw : "contents beside raw contents";
}

/** What is wrong with the length of a tensor's bytes, in words. */
export function wrongLength(bytes: Uint8Array, spec: TensorSpec, rows: number): string | undefined {
  const perRow = rowBytes(spec);
  if (perRow !== undefined) {
    const expected = perRow * rows;
    return bytes.length === expected ? undefined : `expected ${expected} bytes for ${rows} rows, got ${bytes.length}`;
  }
  const count = countElements(bytes);
  if (typeof count === "string") return count;
  const expected = elementCount(spec.shape) * rows;
  return count === expected ? undefined : `expected ${expected} elements for ${rows} rows, got ${count}`;
}

function wantedOutputs(request: ModelInferRequest, specs: readonly TensorSpec[]): readonly number[] | Refusal {
  if (request.outputs.length === 0) return specs.map((_, i) => i);
  const wanted = request.outputs.map((output) => specs.findIndex((spec) => spec.name === output.name));
  const unknown = wanted.indexOf(-1);
  if (unknown === -1) return wanted;
  return refusal("INVALID_ARGUMENT", `unknown output ${quote(request.outputs[unknown]?.name ?? "")}: ${names(specs)}`);
}

function names(specs: readonly TensorSpec[]): string {
  return specs.map((spec) => spec.name).join(", ");
}

/** A caller's text, shortened: it goes into messages and logs. */
function quote(text: string): string {
  return JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 80)}...`);
}
