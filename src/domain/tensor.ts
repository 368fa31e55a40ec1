/** Datatypes of the Open Inference Protocol. BYTES elements are a uint32 length and that many bytes. */
export const DATATYPES = [
  "BOOL",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "FP16",
  "FP32",
  "FP64",
  "BYTES",
] as const;

export type Datatype = (typeof DATATYPES)[number];

/** One tensor of a signature. `shape` is that of one row: the batch dimension is not in it; `[]` is one element. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Of a classifier that names them, in the order of its scores. */
  readonly classes?: readonly ModelClass[] | undefined;
}

export interface ModelClass {
  readonly label: string;
  /** What an output of one label holds for it: the label itself, unless it was given another name. */
  readonly value: string;
}

/** The packed little-endian bytes of one row: one entry per tensor of the signature, in its order. */
export type Row = readonly Uint8Array[];

const ELEMENT_BYTES: Readonly<Record<Exclude<Datatype, "BYTES">, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
};

export function isDatatype(value: unknown): value is Datatype {
  return typeof value === "string" && (DATATYPES as readonly string[]).includes(value);
}

/** Bytes of one element, or undefined for BYTES, whose elements have lengths of their own. */
export function elementBytes(datatype: Datatype): number | undefined {
  return datatype === "BYTES" ? undefined : ELEMENT_BYTES[datatype];
}

export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const dimension of shape) count *= dimension;
  return count;
}

/** Bytes of one row of this tensor, or undefined for BYTES. */
export function rowBytes(spec: TensorSpec): number | undefined {
  const bytes = elementBytes(spec.datatype);
  return bytes === undefined ? undefined : bytes * elementCount(spec.shape);
}

/** `FP32[8,8] pixels`, for messages. */
export function describeTensor(spec: TensorSpec): string {
  return `${spec.datatype}[${spec.shape.join(",")}] ${spec.name}`;
}

/** The first difference between two lists of tensors in words, or undefined when they are equal. */
export function tensorsDifference(expected: readonly TensorSpec[], got: readonly TensorSpec[]): string | undefined {
  const length = Math.max(expected.length, got.length);
  for (let i = 0; i < length; i++) {
    const e = expected[i];
    const g = got[i];
    const inWords = (spec: TensorSpec | undefined) => (spec === undefined ? "nothing" : describeTensor(spec));
    if (inWords(e) !== inWords(g)) return `tensor ${i}: expected ${inWords(e)}, got ${inWords(g)}`;
  }
  return undefined;
}

export function signatureDifference(expected: Signature, got: Signature): string | undefined {
  const inputs = tensorsDifference(expected.inputs, got.inputs);
  if (inputs !== undefined) return `input ${inputs}`;
  const outputs = tensorsDifference(expected.outputs, got.outputs);
  return outputs === undefined ? classesDifference(expected, got) : `output ${outputs}`;
}

/** Labels may be given other names, which changes nothing of the model; where one side names no classes, nothing is known. */
function classesDifference(expected: Signature, got: Signature): string | undefined {
  if (expected.classes === undefined || got.classes === undefined) return undefined;
  const inWords = (classes: readonly ModelClass[]) => JSON.stringify(classes.map(({ value }) => value));
  const [wanted, stated] = [inWords(expected.classes), inWords(got.classes)];
  return wanted === stated ? undefined : `classes: expected ${wanted}, got ${stated}`;
}
