import { badInput, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { firstNonFinite } from "../domain/finite.js";
import { packElements } from "../domain/stringTensor.js";
import type { Datatype, TensorSpec } from "../domain/tensor.js";
import { describeTensor, elementBytes, elementCount } from "../domain/tensor.js";

type Path = readonly (string | number)[];
type NumericDatatype = Exclude<Datatype, "BYTES">;

interface Writer {
  readonly write: (view: DataView, at: number, value: number) => void;
  /** Inclusive; undefined where any finite value of the format will do. */
  readonly integer?: readonly [number, number];
}

/** All but FP32, which has a loop of its own, and FP16, which JavaScript has no numbers for. */
const WRITERS: Readonly<Partial<Record<NumericDatatype, Writer>>> = {
  BOOL: { integer: [0, 1], write: (view, at, value) => view.setUint8(at, value) },
  UINT8: { integer: [0, 0xff], write: (view, at, value) => view.setUint8(at, value) },
  UINT16: { integer: [0, 0xffff], write: (view, at, value) => view.setUint16(at, value, true) },
  UINT32: { integer: [0, 0xffffffff], write: (view, at, value) => view.setUint32(at, value, true) },
  UINT64: {
    integer: [0, Number.MAX_SAFE_INTEGER],
    write: (view, at, value) => view.setBigUint64(at, BigInt(value), true),
  },
  INT8: { integer: [-0x80, 0x7f], write: (view, at, value) => view.setInt8(at, value) },
  INT16: { integer: [-0x8000, 0x7fff], write: (view, at, value) => view.setInt16(at, value, true) },
  INT32: { integer: [-0x80000000, 0x7fffffff], write: (view, at, value) => view.setInt32(at, value, true) },
  INT64: {
    integer: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    write: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  },
  FP64: { write: (view, at, value) => view.setFloat64(at, value, true) },
};

const FP32_MAX = 3.4028234663852886e38;

/** A list of numbers, flat or nested as the shape is, as packed bytes. */
export function packNumbers(spec: TensorSpec, values: unknown, path: Path): Uint8Array | Failure {
  if (spec.datatype === "BYTES") return badInput(path, `text for ${describeTensor(spec)} (\`text\`)`, "numbers");
  const writer = WRITERS[spec.datatype];
  if (writer === undefined && spec.datatype !== "FP32") {
    return badInput(path, `base64 for ${describeTensor(spec)} (\`base64\`)`, "numbers");
  }
  if (!Array.isArray(values)) return badInput(path, "a list of numbers", describe(values));
  const nested = values.length > 0 && Array.isArray(values[0]);
  const flat = nested ? flatten(spec, values, path) : (values as readonly unknown[]);
  if (isFailure(flat)) return flat;
  const count = elementCount(spec.shape);
  if (flat.length !== count) return badInput(path, `${count} numbers (${describeTensor(spec)})`, `${flat.length}`);
  const pathTo = (i: number) => (nested ? [...path, ...indexesOf(spec.shape, i)] : [...path, i]);
  return writer === undefined ? packFloats(flat, pathTo) : packOthers(spec.datatype, writer, flat, pathTo);
}

/** Nested lists must be nested exactly as the shape is: of ragged ones nobody knows which numbers belong where. */
function flatten(spec: TensorSpec, values: readonly unknown[], path: Path): readonly unknown[] | Failure {
  let level = values;
  for (let depth = 0; depth < spec.shape.length; depth++) {
    const size = spec.shape[depth] as number;
    const lists: readonly unknown[] = depth === 0 ? [values] : level;
    const bad = lists.findIndex((list) => !Array.isArray(list) || list.length !== size);
    if (bad >= 0) {
      const expected = `a list of ${size} (${describeTensor(spec)})`;
      return badInput([...path, ...indexesOf(spec.shape.slice(0, depth), bad)], expected, describe(lists[bad]));
    }
    if (depth > 0) level = (lists as readonly (readonly unknown[])[]).flat();
  }
  return level;
}

/** Where the `i`th element, row-major, stands in nested lists of this shape. */
function indexesOf(shape: readonly number[], i: number): number[] {
  const indexes: number[] = [];
  let rest = i;
  for (const size of shape.toReversed()) {
    indexes.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return indexes;
}

/** Where floats become bytes, then copied out in one go: asking each small array for its buffer costs a microsecond. */
let scratch = new Float32Array(1024);

/** The common case, with no call and no DataView in the loop. */
function packFloats(values: readonly unknown[], pathTo: (i: number) => Path): Uint8Array | Failure {
  if (scratch.length < values.length) scratch = new Float32Array(values.length);
  const floats = scratch;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    // NaN fails both comparisons.
    if (typeof value !== "number" || !(value <= FP32_MAX && value >= -FP32_MAX)) {
      return badInput(pathTo(i), "a finite FP32 number", describe(value));
    }
    floats[i] = value;
  }
  const bytes = Buffer.allocUnsafe(values.length * 4);
  bytes.set(new Uint8Array(floats.buffer, 0, bytes.length));
  return bytes;
}

function packOthers(
  datatype: NumericDatatype,
  writer: Writer,
  values: readonly unknown[],
  pathTo: (i: number) => Path,
): Uint8Array | Failure {
  const width = elementBytes(datatype) as number;
  const bytes = Buffer.allocUnsafe(values.length * width);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < values.length; i++) {
    const given = values[i];
    const value = datatype === "BOOL" && typeof given === "boolean" ? Number(given) : given;
    if (!isWritable(writer, value)) return badInput(pathTo(i), expectedNumber(datatype, writer), describe(given));
    writer.write(view, i * width, value);
  }
  return bytes;
}

function isWritable({ integer }: Writer, value: unknown): value is number {
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  return integer === undefined || (Number.isInteger(value) && value >= integer[0] && value <= integer[1]);
}

function expectedNumber(datatype: Datatype, { integer }: Writer): string {
  if (datatype === "BOOL") return "true, false, 0 or 1";
  if (integer === undefined) return `a finite ${datatype} number`;
  return `an integer of ${datatype} from ${integer[0]} to ${integer[1]}`;
}

/** Base64 (standard or url-safe) of exactly the tensor's little-endian bytes, every float finite. */
export function packBase64(spec: TensorSpec, base64: string, path: Path): Uint8Array | Failure {
  const width = elementBytes(spec.datatype);
  if (width === undefined) return badInput(path, `text for ${describeTensor(spec)} (\`text\`)`, "base64");
  const expected = width * elementCount(spec.shape);
  // Node skips characters that are not base64: then fewer bytes come out than the text's length promises, unless the
  // length is one that no base64 has.
  const characters = withoutPadding(base64);
  const promised = Math.floor((characters * 3) / 4);
  const bytes = promised === expected && characters % 4 !== 1 ? Buffer.allocUnsafe(expected) : undefined;
  // Into memory of the right size: to make a buffer from the text takes three times as long.
  if (bytes === undefined || bytes.write(base64, "base64") !== expected) {
    const got = promised === expected ? "characters that are not base64" : `${promised} bytes`;
    return badInput(path, `base64 of ${expected} bytes (${describeTensor(spec)})`, got);
  }
  const bad = firstNonFinite(spec.datatype, bytes);
  return bad === undefined ? bytes : badInput([...path, bad], `a finite ${spec.datatype} number`, "NaN or Infinity");
}

/** Length before the padding. A loop, since a pattern like /=+$/ takes quadratic time over many `=` in the middle. */
function withoutPadding(base64: string): number {
  let length = base64.length;
  while (length > 0 && base64[length - 1] === "=") length--;
  return length;
}

/** Texts, flat or nested as the shape is, as BYTES elements: a uint32 length and UTF-8 bytes each. */
export function packStrings(spec: TensorSpec, given: readonly unknown[], path: Path): Uint8Array | Failure {
  if (spec.datatype !== "BYTES") return badInput(path, `numbers for ${describeTensor(spec)} (\`values\`)`, "text");
  const flat = Array.isArray(given[0]) ? flatten(spec, given, path) : given;
  if (isFailure(flat)) return flat;
  const texts = flat as readonly string[];
  const count = elementCount(spec.shape);
  if (texts.length !== count) return badInput(path, `${count} strings (${describeTensor(spec)})`, `${texts.length}`);
  const bad = texts.findIndex((text) => !text.isWellFormed());
  return bad < 0 ? packElements(texts) : badInput([...path, bad], "well-formed text", "a lone surrogate");
}

/** A value in a few words, for messages: never the whole of a long one. */
function describe(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  if (typeof value === "string") return `the string ${JSON.stringify(value.slice(0, 40))}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === undefined ? "nothing" : "an object";
}
