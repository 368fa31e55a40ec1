import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isFailure } from "../../src/domain/failure.js";
import { MAX_RECEIPT_CHARACTERS, openReceipt, signReceipt } from "../../src/serving/receipt.js";
import { prediction } from "../support/fakeServing.js";

const key = (id: number) => ({ id, secret: new Uint8Array(32).fill(id) });
const KEYS = [key(1)];

function withScores(count: number) {
  const [first] = prediction().models;
  if (first === undefined) throw new Error("no model");
  return prediction({ models: [{ ...first, output: { kind: "SCORES", scores: new Float64Array(count).fill(0.1) } }] });
}

describe("receipt", () => {
  test("opens to what was predicted", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 60 }),
        fc.nat(),
        fc.array(fc.float(), { maxLength: 20 }),
        (entity, policyVersion, values) => {
          const model = {
            model: "m",
            version: 4,
            source: "CACHE",
            distance: undefined,
            trace: undefined,
            latencyMs: 1,
          } as const;
          const output = { kind: "NUMBERS", numbers: Float64Array.from(values) } as const;
          const given = prediction({ entity, policyVersion, models: [{ ...model, output }] });
          const receipt = signReceipt(given, KEYS);
          expect(receipt).toMatch(/^[A-Za-z0-9_.-]+$/);
          const content = openReceipt(receipt, KEYS);
          if (isFailure(content)) throw new Error(content.message);
          const { evidence, ...rest } = content;
          expect(rest).toEqual({
            id: "p1",
            application: "insects",
            policyVersion,
            entity,
            predictedAtMs: given.atMs,
            source: "MODEL",
          });
          expect(evidence).toMatchObject([{ model: "m", version: 4 }]);
          const bytes = Buffer.from(evidence?.[0]?.values ?? "", "base64url");
          expect(values.map((_, i) => bytes.readFloatLE(i * 4))).toEqual(values);
        },
      ),
    );
  });

  test("without an entity opens to none", () => {
    expect(openReceipt(signReceipt(prediction({ entity: undefined }), KEYS), KEYS)).toMatchObject({
      entity: undefined,
    });
  });

  test("is NOT_FOUND with any one bit of any character flipped", () => {
    const receipt = signReceipt(prediction(), KEYS);
    expect(isFailure(openReceipt(receipt, KEYS))).toBe(false);
    for (let i = 0; i < receipt.length; i++) {
      for (let bit = 0; bit < 16; bit++) {
        const flipped =
          receipt.slice(0, i) + String.fromCharCode(receipt.charCodeAt(i) ^ (1 << bit)) + receipt.slice(i + 1);
        const opened = openReceipt(flipped, KEYS);
        if (!isFailure(opened)) throw new Error(`bit ${bit} of character ${i} went unnoticed`);
        expect(opened).toMatchObject({ code: "NOT_FOUND", path: ["receipt"] });
      }
    }
  });

  test("is NOT_FOUND when cut, lengthened, taken apart or made up, with one and the same message", () => {
    const receipt = signReceipt(prediction(), KEYS);
    const [format, id, payload, mac] = receipt.split(".");
    const forged = [
      "",
      ".",
      "...",
      "s1.1.W10.",
      "\ud800.\ud800",
      `${receipt}A`,
      `${receipt}=`,
      `${receipt}.`,
      ` ${receipt}`,
      receipt.slice(0, -1),
      `${format}.${id}.${payload}`,
      `${format}.${id}..${mac}`,
      `${format}.9.${payload}.${mac}`,
      `${format}.-1.${payload}.${mac}`,
      `s2.${id}.${payload}.${mac}`,
      "x".repeat(100_000),
    ];
    const answers = forged.map((text) => openReceipt(text, KEYS));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ code: "NOT_FOUND" });
  });

  test("of a key that nobody has is NOT_FOUND, even signed with the zeroes that stand in for one", () => {
    const receipt = signReceipt(prediction(), [{ id: 7, secret: new Uint8Array(32) }]);
    expect(openReceipt(receipt, KEYS)).toMatchObject({ code: "NOT_FOUND" });
    const ofAnotherSecret = signReceipt(prediction(), [{ id: 1, secret: new Uint8Array(32).fill(2) }]);
    expect(openReceipt(ofAnotherSecret, KEYS)).toMatchObject({ code: "NOT_FOUND" });
  });

  test("opens with an older key for as long as that is kept, and is signed with the first", () => {
    const old = signReceipt(prediction(), [key(1)]);
    const rotated = [key(2), key(1)];
    expect(openReceipt(old, rotated)).toMatchObject({ id: "p1" });
    expect(openReceipt(signReceipt(prediction(), rotated), [key(2)])).toMatchObject({ id: "p1" });
    expect(openReceipt(old, [key(3), key(2)])).toMatchObject({ code: "NOT_FOUND" });
    expect(() => signReceipt(prediction(), [])).toThrow("no receipt key");
  });

  test("has its evidence up to 1,024 characters, and goes without beyond", () => {
    let carried = 0;
    for (let count = 100; count < 220; count++) {
      const receipt = signReceipt(withScores(count), KEYS);
      const content = openReceipt(receipt, KEYS);
      if (isFailure(content)) throw new Error(content.message);
      expect(receipt.length).toBeLessThanOrEqual(MAX_RECEIPT_CHARACTERS);
      if (content.evidence === undefined) expect(receipt.length).toBeLessThan(300);
      else carried = count;
    }
    expect(carried).toBeGreaterThan(100);
    expect(carried).toBeLessThan(219);
    expect(signReceipt(withScores(carried), KEYS).length).toBeGreaterThan(MAX_RECEIPT_CHARACTERS - 10);
  });
});
