import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { newNumbers } from "../../src/lib/newNumbers.js";

describe("numbers of a block", () => {
  test("are zeros, as many as were asked for, and nobody else's", () => {
    // Some hundred arrays fill several blocks.
    const counts = fc.array(fc.oneof(fc.nat(80), fc.constantFrom(8, 9, 63, 64, 65)), {
      minLength: 100,
      maxLength: 200,
    });
    fc.assert(
      fc.property(counts, (all) => {
        const made = all.map((count, i) => {
          const numbers = newNumbers(count);
          expect([...numbers]).toEqual(Array.from({ length: count }, () => 0));
          return numbers.fill(i + 1);
        });
        expect(made.map((numbers) => [...new Set(numbers)])).toEqual(
          all.map((count, i) => (count === 0 ? [] : [i + 1])),
        );
      }),
    );
  });
});
