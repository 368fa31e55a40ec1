import type { TensorSpec } from "../domain/tensor.js";
import { elementBytes, elementCount } from "../domain/tensor.js";
import type { TypedApplication } from "./applicationParts.js";
import { isPackable, tensorNames } from "./applicationInput.js";
import { DOCUMENT_LIMITS } from "./documentLimits.js";

/** A query to begin with, for the schema of one application: it runs as it stands where its input is not too long. */
export function firstApplicationQuery({ input, output }: TypedApplication): string {
  const names = tensorNames(input);
  const elements = input.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const isShort = elements <= DOCUMENT_LIMITS.literalNumbers;
  const fields = input.map((spec, i) => `${names[i]}: ${exampleOf(spec)}`).join(", ");
  const answer = { LABEL: "label\n      probabilities { label probability }", NUMBER: "number", VECTOR: "vector" };
  return `query Predict${isShort ? "" : "($input: Input!)"} {
  predict(input: { input: ${isShort ? `{ ${fields} }` : "$input"} }) {
    __typename
    ... on Prediction {
      ${answer[output.kind]}
      confidence
      source
      receipt
    }
    ... on Failure { code message }
  }
}
`;
}

function exampleOf(spec: TensorSpec): string {
  const { datatype, shape } = spec;
  if (datatype === "FP16") {
    return JSON.stringify(Buffer.alloc((elementBytes(datatype) ?? 0) * elementCount(shape)).toString("base64"));
  }
  const element = datatype === "BYTES" ? '"…"' : datatype === "BOOL" ? "false" : "0";
  const values = shape.reduceRight((inner, size) => `[${new Array(size).fill(inner).join(", ")}]`, element);
  return isPackable(spec) ? `{ values: ${values} }` : values;
}
