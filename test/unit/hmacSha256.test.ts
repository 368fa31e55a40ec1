import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { createHmac } from "node:crypto";
import { HmacSha256 } from "../../src/lib/hmacSha256.js";

test("signs as node's HMAC does, keys and texts of any length, one after another", () => {
  const keys = fc.uint8Array({ maxLength: 130 });
  const texts = fc.array(fc.string({ unit: "grapheme", maxLength: 900 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(keys, texts, (secret, signed) => {
      const hmac = new HmacSha256(secret);
      for (const text of [...signed, "é".repeat(3000), ""]) {
        expect(hmac.sign(text)).toBe(createHmac("sha256", secret).update(text).digest("base64url"));
      }
    }),
  );
});
