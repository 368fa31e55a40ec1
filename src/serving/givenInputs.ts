import { isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { GivenInput, GivenTensor } from "../domain/givenInput.js";
import type { Row, TensorSpec } from "../domain/tensor.js";
import { inputRow } from "./inputRow.js";
import type { InputValue, TensorData } from "./inputRow.js";

/** The rows of inputs that were given as a setting; or what is wrong with the first that does not fit the signature. */
export function givenRows(
  specs: readonly TensorSpec[],
  inputs: readonly GivenInput[],
  path: readonly (string | number)[],
): readonly Row[] | Failure {
  const rows: Row[] = [];
  for (const [i, input] of inputs.entries()) {
    const row = inputRow(specs, toInputValue(input), [...path, i]);
    if (isFailure(row)) return row;
    rows.push(row);
  }
  return rows;
}

export function toInputValue({ values, base64, text, tensors }: GivenInput): InputValue {
  if (values != null) return { kind: "single", field: "values", data: { kind: "values", values } };
  if (base64 != null) return { kind: "single", field: "base64", data: { kind: "base64", base64 } };
  if (text != null) return { kind: "single", field: "text", data: { kind: "texts", texts: [text] } };
  return {
    kind: "tensors",
    tensors: (tensors ?? []).map((tensor) => ({ ...tensor, data: toTensorData(tensor.data) })),
  };
}

function toTensorData({ values, base64, strings }: GivenTensor["data"]): TensorData {
  if (values != null) return { kind: "values", values };
  if (base64 != null) return { kind: "base64", base64 };
  return { kind: "texts", texts: strings ?? [] };
}
