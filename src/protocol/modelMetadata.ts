import { isDatatype, type ModelClass, type Signature, type TensorSpec } from "../domain/tensor.js";
import { METADATA_PROPERTIES } from "./extension.js";
import type { ModelMetadataResponse, ModelMetadataResponse_TensorMetadata } from "./generated/inference.js";

/** The batch dimension, always the first: any number of rows. */
const BATCH_DIMENSION = -1;

export interface ModelDescription {
  readonly name: string;
  readonly version: string;
  readonly platform: string;
  readonly signature: Signature;
  readonly properties: Readonly<Record<string, string>>;
}

export function toModelMetadata(model: ModelDescription): ModelMetadataResponse {
  return {
    name: model.name,
    versions: [model.version],
    platform: model.platform,
    inputs: model.signature.inputs.map(toTensorMetadata),
    outputs: model.signature.outputs.map(toTensorMetadata),
    properties: { ...model.properties },
  };
}

function toTensorMetadata(spec: TensorSpec): ModelMetadataResponse_TensorMetadata {
  return { name: spec.name, datatype: spec.datatype, shape: [BATCH_DIMENSION, ...spec.shape] };
}

/**
 * The signature that a server states. Throws when Skysail cannot serve it: rows are batched along the first
 * dimension, so it must be variable, and every row must have the same size, so the others must be fixed.
 */
export function parseSignature(metadata: ModelMetadataResponse): Signature {
  return {
    inputs: parseTensors("input", metadata.name, metadata.inputs),
    outputs: parseTensors("output", metadata.name, metadata.outputs),
  };
}

/** The classes that a server with the extension names; undefined where it names none. Throws where they are none. */
export function parseClasses({ name, properties }: ModelMetadataResponse): readonly ModelClass[] | undefined {
  const labels = parseTexts(name, METADATA_PROPERTIES.labels, properties);
  const values = parseTexts(name, METADATA_PROPERTIES.labelValues, properties) ?? labels;
  if (labels === undefined || values === undefined) return undefined;
  if (values.length !== labels.length) {
    throw new Error(`model ${name} states ${labels.length} labels and ${values.length} label_values`);
  }
  return labels.map((label, i) => ({ label, value: values[i] as string }));
}

/** What a wrapper states of its classes: the values only where they are not the labels. */
export function classProperties(classes: readonly ModelClass[] | undefined): Record<string, string> {
  if (classes === undefined) return {};
  const labels = JSON.stringify(classes.map(({ label }) => label));
  const labelValues = JSON.stringify(classes.map(({ value }) => value));
  const properties = { [METADATA_PROPERTIES.labels]: labels };
  return labels === labelValues ? properties : { ...properties, [METADATA_PROPERTIES.labelValues]: labelValues };
}

function parseTexts(model: string, property: string, properties: Record<string, string>): string[] | undefined {
  const text = properties[property];
  if (text === undefined) return undefined;
  const parsed = parseJson(text);
  const isList = Array.isArray(parsed) && parsed.every((one): one is string => typeof one === "string" && one !== "");
  if (!isList || parsed.length === 0 || new Set(parsed).size !== parsed.length) {
    throw new Error(
      `model ${model}: the property ${property} must be a JSON list of distinct texts, got ${shown(text)}`,
    );
  }
  return parsed;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function shown(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}...`;
}

function parseTensors(
  kind: "input" | "output",
  model: string,
  tensors: readonly ModelMetadataResponse_TensorMetadata[],
): readonly TensorSpec[] {
  if (tensors.length === 0) throw new Error(`model ${model} states no ${kind}`);
  const specs = tensors.map((tensor) => parseTensor(kind, tensor));
  const repeated = specs.find((spec, i) => specs.findIndex((other) => other.name === spec.name) !== i);
  if (repeated !== undefined) throw new Error(`model ${model} states ${kind} ${repeated.name} twice`);
  return specs;
}

function parseTensor(kind: string, tensor: ModelMetadataResponse_TensorMetadata): TensorSpec {
  const { name, datatype, shape } = tensor;
  if (name === "") throw new Error(`an ${kind} tensor has no name`);
  if (!isDatatype(datatype)) throw new Error(`${kind} ${name}: unknown datatype ${datatype}`);
  const inWords = `[${shape.join(",")}]`;
  if (shape[0] !== BATCH_DIMENSION) {
    throw new Error(`${kind} ${name}: the first dimension must be -1, the batch, in shape ${inWords}`);
  }
  const rowShape = shape.slice(1);
  if (!rowShape.every((dimension) => Number.isSafeInteger(dimension) && dimension > 0)) {
    throw new Error(`${kind} ${name}: dimensions after the batch must be fixed and positive in shape ${inWords}`);
  }
  return { name, datatype, shape: rowShape };
}
