import { elementCount, type Signature, type TensorSpec } from "../../../src/domain/tensor.js";
import type { Batch, InputTensor } from "./batch.js";
import type { TypedArray } from "./typedArrays.js";

/**
 * One output for all rows, batch first: the typed array of its datatype, packed bytes, or for BYTES the elements.
 * It is read before the next batch is given to the model, which may therefore reuse its arrays if `concurrency` is 1.
 */
export type OutputTensor = TypedArray | Uint8Array | readonly (string | Uint8Array)[];

/** One for each output of the signature, in its order; undefined where it was not asked for. */
export type Outputs = readonly (OutputTensor | undefined)[];

export interface ModelDefinition {
  readonly name: string;
  readonly version: string;
  /** The framework, as in the metadata: "onnxruntime", "typescript"... */
  readonly platform: string;
  /**
   * `classes`: what the model calls its classes, in the order of its scores; an output of one label holds the `value`.
   * An integer output is such a value where all values are integers, else an index from 0.
   */
  readonly signature: Signature;
  /** Batches computed at once, 1 by default: more only where the model has that many workers of its own. */
  readonly concurrency?: number | undefined;
  readonly artefactSha256?: string | undefined;
  /** Runs before the wrapper says that it is ready: load, warm up. */
  load?(): void | Promise<void>;
  /**
   * One output per tensor of the signature, in its order; those that `batch.wanted` does not name are not looked at. What it throws fails this batch only, and of several rows those
   * only with which it throws again: it is called with parts of the batch then. `batch.refuse` fails a row alone.
   */
  predict(batch: Batch): Outputs | Promise<Outputs>;
  close?(): void | Promise<void>;
}

export interface Model extends ModelDefinition {
  readonly concurrency: number;
}

/** Checks a definition, so that mistakes show at start and not at the first request. Throws an Error naming them. */
export function defineModel(definition: ModelDefinition): Model {
  const { name, version, signature, concurrency = 1 } = definition;
  if (name === "") throw new Error("a model needs a name");
  if (version === "") throw new Error(`model ${name} needs a version`);
  checkTensors("input", name, signature.inputs);
  checkTensors("output", name, signature.outputs);
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new Error(`model ${name}: concurrency (${concurrency}) must be a positive integer`);
  }
  return {
    ...definition,
    concurrency,
    load: () => definition.load?.(),
    predict: (batch) => definition.predict(batch),
    close: () => definition.close?.(),
  };
}

/** The model with its classes named so. Throws where it has another number of them. */
export function withLabels(model: Model, labels: readonly string[] | undefined): Model {
  if (labels === undefined) return model;
  const { classes } = model.signature;
  if (classes !== undefined && classes.length !== labels.length) {
    throw new Error(`--labels names ${labels.length} classes: model ${model.name} has ${classes.length}`);
  }
  const named = labels.map((label, i) => ({ label, value: classes?.[i]?.value ?? label }));
  return { ...model, signature: { ...model.signature, classes: named } };
}

/** The input of that name. Throws where the signature has none. */
export function inputNamed(batch: Batch, name: string): InputTensor {
  const input = batch.inputs.find((candidate) => candidate.spec.name === name);
  if (input === undefined) throw new Error(`the signature has no input ${name}`);
  return input;
}

function checkTensors(kind: string, model: string, specs: readonly TensorSpec[]): void {
  if (specs.length === 0) throw new Error(`model ${model} needs at least one ${kind}`);
  for (const [i, spec] of specs.entries()) {
    if (spec.name === "") throw new Error(`model ${model}: ${kind} ${i} has no name`);
    if (specs.findIndex((other) => other.name === spec.name) !== i) {
      throw new Error(`model ${model}: ${kind} ${spec.name} is stated twice`);
    }
    const fixed = spec.shape.every((dimension) => Number.isSafeInteger(dimension) && dimension > 0);
    if (!fixed || !Number.isSafeInteger(elementCount(spec.shape))) {
      throw new Error(
        `model ${model}: ${kind} ${spec.name} needs positive fixed dimensions, got [${spec.shape.join(",")}]`,
      );
    }
  }
}
