import { badInput } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Signature } from "../domain/tensor.js";

/** The signature with its classes named anew, where names are given. They keep the values that the wrapper has for them. */
export function namedClasses(signature: Signature, labels: readonly string[] | undefined): Signature | Failure {
  if (labels === undefined) return signature;
  const empty = labels.indexOf("");
  if (empty >= 0) return badInput(["labels", empty], "a name", '""');
  const twice = firstRepeated(labels);
  if (twice !== undefined) return badInput(["labels", twice], "each name once", `"${labels[twice]}" twice`);
  const known = signature.classes;
  if (labels.length < 2 || (known !== undefined && known.length !== labels.length)) {
    const expected = known === undefined ? "2 names or more" : `${known.length}, as the wrapper has classes`;
    return badInput(["labels"], expected, `${labels.length}`);
  }
  return { ...signature, classes: labels.map((label, i) => ({ label, value: known?.[i]?.value ?? label })) };
}

/** The index of the first value that stands at an earlier one too. */
export function firstRepeated(values: readonly string[]): number | undefined {
  const seen = new Set<string>();
  const at = values.findIndex((value) => seen.size === seen.add(value).size);
  return at < 0 ? undefined : at;
}
