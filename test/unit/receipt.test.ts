import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { packFloats, unpackFloats } from "../../src/correction/evidence.js";
import { isFailure } from "../../src/domain/failure.js";
import { MAX_RECEIPT_CHARACTERS, openReceipt, signReceipt } from "../../src/serving/receipt.js";
import type { Prediction } from "../../src/domain/prediction.js";
import type { ReceiptKey } from "../../src/domain/storePorts.js";
import { combinedOf, prediction } from "../support/fakeServing.js";

const key = (id: number) => ({ id, secret: new Uint8Array(32).fill(id) });
const KEYS = [key(1)];

function receiptOf(given: Prediction, keys: readonly ReceiptKey[]): string {
  return signReceipt(given, keys).receipt;
}

function withScores(count: number) {
  const [first] = prediction().models;
  if (first === undefined) throw new Error("no model");
  const models = [{ ...first, output: { kind: "SCORES", scores: new Float64Array(count).fill(0.1) } as const }];
  return prediction({ models, combined: combinedOf(models) });
}

describe("receipt", () => {
  test("says which model's version had made the features, and opens where it says nothing", () => {
    const made = (contextFrom: string | undefined) =>
      prediction({ combined: { ...combinedOf(prediction().models), context: Float64Array.of(1, 2), contextFrom } });
    for (const contextFrom of ["words@12", undefined]) {
      const content = openReceipt(receiptOf(made(contextFrom), KEYS), KEYS);
      if (isFailure(content)) throw new Error(content.message);
      expect(content.evidence?.contextFrom).toBe(contextFrom);
      expect(unpackFloats(content.evidence?.context ?? "")).toEqual(Float64Array.of(1, 2));
    }
  });

  test("opens to what was predicted", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 60 }),
        fc.nat(),
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 20 }),
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
          const models = [{ ...model, output }];
          const given = prediction({ entity, policyVersion, models, combined: combinedOf(models) });
          const receipt = receiptOf(given, KEYS);
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
            isLogged: false,
          });
          expect(evidence).toMatchObject({ members: [{ model: "m", version: 4 }], agreement: 0.75 });
          expect(unpackFloats(evidence?.members[0]?.values ?? "")).toEqual(Float64Array.from(values));
        },
      ),
    );
  });

  test("has an answer of its own unless it is the only member's", () => {
    const [first] = prediction().models;
    if (first === undefined) throw new Error("no model");
    const said = { ...first, output: { kind: "NUMBERS", numbers: Float64Array.of(0.1, 2) } as const };
    const answerOf = (models: Prediction["models"], output: Prediction["output"]) => {
      const spec = output.kind === "NUMBER" ? { kind: output.kind } : ({ kind: "VECTOR", size: 2 } as const);
      const content = openReceipt(
        receiptOf(prediction({ combined: { ...combinedOf(models), output, spec } }), KEYS),
        KEYS,
      );
      return isFailure(content) ? content : content.evidence?.answer;
    };
    expect(answerOf([said], { kind: "VECTOR", vector: Float64Array.of(0.1, 2) })).toBeUndefined();
    expect(answerOf([said], { kind: "VECTOR", vector: Float64Array.of(0.1, 3) })).toBe(packFloats([0.1, 3]));
    const alone = { ...said, output: { kind: "NUMBERS", numbers: Float64Array.of(0.1) } as const };
    expect(answerOf([alone], { kind: "NUMBER", number: 0.1 })).toBeUndefined();
    expect(answerOf([alone], { kind: "NUMBER", number: 0.2 })).toBe(packFloats([0.2]));
    expect(answerOf([alone, alone], { kind: "NUMBER", number: 0.1 })).toBe(packFloats([0.1]));
    expect(answerOf([said], { kind: "NUMBER", number: 0.1 })).toBe(packFloats([0.1]));
  });

  test("without an entity opens to none", () => {
    expect(openReceipt(receiptOf(prediction({ entity: undefined }), KEYS), KEYS)).toMatchObject({
      entity: undefined,
    });
  });

  test("is NOT_FOUND with any one bit of any character flipped", () => {
    const receipt = receiptOf(prediction(), KEYS);
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
    const receipt = receiptOf(prediction(), KEYS);
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
      `s3.${id}.${payload}.${mac}`,
      "x".repeat(100_000),
    ];
    const answers = forged.map((text) => openReceipt(text, KEYS));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ code: "NOT_FOUND" });
  });

  test("of a key that nobody has is NOT_FOUND, even signed with the zeroes that stand in for one", () => {
    const receipt = receiptOf(prediction(), [{ id: 7, secret: new Uint8Array(32) }]);
    expect(openReceipt(receipt, KEYS)).toMatchObject({ code: "NOT_FOUND" });
    const ofAnotherSecret = receiptOf(prediction(), [{ id: 1, secret: new Uint8Array(32).fill(2) }]);
    expect(openReceipt(ofAnotherSecret, KEYS)).toMatchObject({ code: "NOT_FOUND" });
  });

  test("opens with an older key for as long as that is kept, and is signed with the first", () => {
    const old = receiptOf(prediction(), [key(1)]);
    const rotated = [key(2), key(1)];
    expect(openReceipt(old, rotated)).toMatchObject({ id: "p1" });
    expect(openReceipt(receiptOf(prediction(), rotated), [key(2)])).toMatchObject({ id: "p1" });
    expect(openReceipt(old, [key(3), key(2)])).toMatchObject({ code: "NOT_FOUND" });
    expect(() => receiptOf(prediction(), [])).toThrow("no receipt key");
  });

  test("has its evidence up to 1,024 characters, and goes without beyond", () => {
    let carried = 0;
    for (let count = 100; count < 220; count++) {
      const receipt = receiptOf(withScores(count), KEYS);
      const content = openReceipt(receipt, KEYS);
      if (isFailure(content)) throw new Error(content.message);
      expect(receipt.length).toBeLessThanOrEqual(MAX_RECEIPT_CHARACTERS);
      expect(content.isLogged).toBe(content.evidence === undefined);
      if (content.evidence === undefined) expect(receipt.length).toBeLessThan(300);
      else carried = count;
    }
    expect(carried).toBeGreaterThan(100);
    expect(carried).toBeLessThan(219);
    expect(receiptOf(withScores(carried), KEYS).length).toBeGreaterThan(MAX_RECEIPT_CHARACTERS - 10);
  });
});
