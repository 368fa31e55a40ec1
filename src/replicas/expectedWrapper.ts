import type { Signature } from "../domain/tensor.js";
import { signatureDifference } from "../domain/tensor.js";
import type { WrapperDescription } from "./wrapperClient.js";

export interface ExpectedWrapper {
  /** `name@version`, for messages. */
  readonly name: string;
  readonly signature: Signature | undefined;
  readonly artefactDigest: string | undefined;
}

/** Why a wrapper is not the one that a version is served from, in words; undefined if it is, as far as is known. */
export function wrapperMismatch(expected: ExpectedWrapper, wrapper: WrapperDescription): string | undefined {
  const difference =
    expected.signature === undefined ? undefined : signatureDifference(expected.signature, wrapper.signature);
  if (difference !== undefined) return `the wrapper's signature differs from the registered one: ${difference}`;
  if (expected.artefactDigest === undefined || wrapper.artefactDigest === undefined) return undefined;
  if (wrapper.artefactDigest === expected.artefactDigest) return undefined;
  return (
    `the wrapper's artefact is not the one that ${expected.name} is served from: expected SHA-256 ` +
    `${expected.artefactDigest}, got ${wrapper.artefactDigest}; another artefact is another version`
  );
}
