import { expect, jest, test } from "@jest/globals";
import * as crypto from "node:crypto";

const compared: (readonly [number, number])[] = [];
jest.unstable_mockModule("node:crypto", () => ({
  ...crypto,
  timingSafeEqual: (one: Uint8Array, other: Uint8Array) => {
    compared.push([one.byteLength, other.byteLength]);
    return crypto.timingSafeEqual(one, other);
  },
}));
const { digestOf, isSecretOf, newKeyText } = await import("../../src/access/keyText.js");

const { secret } = newKeyText((size) => Buffer.alloc(size, 7));
const digest = digestOf(secret);
const last = secret.endsWith("A") ? "E" : "A";

test.each([
  ["the right secret", secret, digest, true],
  ["one that differs at its first character", `x${secret.slice(1)}`, digest, false],
  ["one that differs at its last character", `${secret.slice(0, -1)}${last}`, digest, false],
  ["another altogether", "A".repeat(secret.length), digest, false],
  ["a secret of a key that does not exist", secret, undefined, false],
])("takes as long for whatever it is: %s", (_, given, known, isRight) => {
  compared.length = 0;
  expect(isSecretOf(given, known)).toBe(isRight);
  // Once, over whole digests, in a time that does not depend on them: nothing is decided before.
  expect(compared).toEqual([[32, 32]]);
});
