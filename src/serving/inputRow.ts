import { badInput, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Row, TensorSpec } from "../domain/tensor.js";
import { describeTensor } from "../domain/tensor.js";
import { packBase64, packNumbers, packStrings } from "./packTensor.js";

/** One encoding of one tensor's data, as fronts hand it in: content unchecked. */
export type TensorData =
  /** Numbers (or booleans), row-major, nested or flat. */
  | { readonly kind: "values"; readonly values: unknown }
  /** Base64 of packed little-endian bytes in the signature's datatype. */
  | { readonly kind: "base64"; readonly base64: string }
  /** The elements of a BYTES tensor as text, nested or flat. */
  | { readonly kind: "texts"; readonly texts: readonly unknown[] };

export interface NamedTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** One tensor in a field of its own; `at`: where its data stands, from the input down. */
export interface GivenField {
  readonly at: Path;
  readonly data: TensorData;
}

/** What a caller gave as one input: data for an application of one tensor, all tensors in their order, or tensors by name. */
export type InputValue =
  | { readonly kind: "single"; readonly field: string; readonly data: TensorData }
  | { readonly kind: "fields"; readonly fields: readonly GivenField[] }
  | { readonly kind: "tensors"; readonly tensors: readonly NamedTensor[] };

type Path = readonly (string | number)[];

/**
 * Checks an input against an application's signature and packs it. Everything that a model could choke on is
 * refused here, before anything is queued, with the path to the value, what was expected and what came.
 */
export function inputRow(specs: readonly TensorSpec[], input: InputValue, path: Path): Row | Failure {
  if (input.kind === "tensors") return namedRow(specs, input.tensors, [...path, "tensors"]);
  if (input.kind === "fields") return fieldRow(specs, input.fields, path);
  const only = specs[0];
  if (only === undefined || specs.length !== 1) {
    const names = specs.map(describeTensor).join(", ");
    return badInput(
      [...path, input.field],
      `${specs.length} tensors by name (\`tensors\`): ${names}`,
      "one unnamed value",
    );
  }
  const packed = packData(only, input.data, [...path, input.field]);
  return isFailure(packed) ? packed : [packed];
}

function fieldRow(specs: readonly TensorSpec[], fields: readonly GivenField[], path: Path): Row | Failure {
  const row: Uint8Array[] = [];
  for (const [i, spec] of specs.entries()) {
    const given = fields[i];
    if (given === undefined || fields.length !== specs.length) {
      return badInput(path, `${specs.length} tensors: ${specs.map(describeTensor).join(", ")}`, `${fields.length}`);
    }
    const at = [...path, ...given.at];
    const packed = packData(spec, given.data, at);
    // A single element is no list: its path has no index.
    if (isFailure(packed))
      return spec.shape.length > 0 ? packed : badInput(at, packed.expected ?? "", packed.got ?? "");
    row.push(packed);
  }
  return row;
}

function namedRow(specs: readonly TensorSpec[], tensors: readonly NamedTensor[], path: Path): Row | Failure {
  const byName = new Map<string, number>();
  for (let i = 0; i < tensors.length; i++) {
    const { name } = tensors[i] as NamedTensor;
    if (byName.has(name)) return badInput([...path, i, "name"], "each tensor once", `"${name}" twice`);
    if (!specs.some((spec) => spec.name === name)) {
      return badInput([...path, i, "name"], `one of ${specs.map((spec) => `"${spec.name}"`).join(", ")}`, `"${name}"`);
    }
    byName.set(name, i);
  }
  const row: Uint8Array[] = [];
  for (const spec of specs) {
    const at = byName.get(spec.name);
    if (at === undefined) return badInput(path, `tensor ${describeTensor(spec)}`, "none of that name");
    const packed = namedTensor(spec, tensors[at] as NamedTensor, [...path, at]);
    if (isFailure(packed)) return packed;
    row.push(packed);
  }
  return row;
}

function namedTensor(spec: TensorSpec, tensor: NamedTensor, path: Path): Uint8Array | Failure {
  if (tensor.datatype !== spec.datatype) return badInput([...path, "datatype"], spec.datatype, tensor.datatype);
  if (tensor.shape.join() !== spec.shape.join()) {
    return badInput([...path, "shape"], `[${spec.shape.join(",")}]`, `[${tensor.shape.join(",")}]`);
  }
  const field = tensor.data.kind === "texts" ? "strings" : tensor.data.kind;
  return packData(spec, tensor.data, [...path, "data", field]);
}

function packData(spec: TensorSpec, data: TensorData, path: Path): Uint8Array | Failure {
  switch (data.kind) {
    case "values":
      return packNumbers(spec, data.values, path);
    case "base64":
      return packBase64(spec, data.base64, path);
    case "texts":
      return packStrings(spec, data.texts, path);
  }
}
