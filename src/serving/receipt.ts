import { createHmac, timingSafeEqual } from "node:crypto";
import { failure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { MemberPrediction, Prediction } from "../domain/prediction.js";
import type { ReceiptKey } from "../domain/storePorts.js";

/** Evidence is left out of a receipt that would be longer than this, in characters. */
export const MAX_RECEIPT_CHARACTERS = 1024;
const FORMAT = "s1";

/** What a member answered, as the receipt carries it: float32 values in little-endian base64. */
export interface MemberEvidence {
  readonly model: string;
  readonly version: number;
  readonly values: string;
}

export interface ReceiptContent {
  readonly id: string;
  readonly application: string;
  readonly policyVersion: number;
  readonly entity: string | undefined;
  readonly predictedAtMs: number;
  readonly source: string;
  /** Undefined when it did not fit. */
  readonly evidence: readonly MemberEvidence[] | undefined;
}

/** Signs what a prediction was into a url-safe text that `observe` takes back: nothing is stored for it. */
export function signReceipt(prediction: Prediction, keys: readonly ReceiptKey[]): string {
  const key = keys[0];
  if (key === undefined) throw new Error("no receipt key: the store has not been read yet");
  const evidence = prediction.models.map((member) => [member.model, member.version, float32Base64(member)]);
  const whole = seal(payloadOf(prediction, evidence), key);
  return whole.length <= MAX_RECEIPT_CHARACTERS ? whole : seal(payloadOf(prediction, undefined), key);
}

function payloadOf(prediction: Prediction, evidence: unknown): string {
  return JSON.stringify([
    prediction.id,
    prediction.application,
    prediction.policyVersion,
    prediction.entity ?? null,
    prediction.atMs,
    prediction.source,
    evidence ?? null,
  ]);
}

function float32Base64({ output }: MemberPrediction): string {
  const values = Float32Array.from(output.kind === "SCORES" ? output.scores : output.numbers);
  return Buffer.from(values.buffer).toString("base64url");
}

function seal(payload: string, key: ReceiptKey): string {
  const signed = `${FORMAT}.${key.id}.${Buffer.from(payload, "utf8").toString("base64url")}`;
  return `${signed}.${createHmac("sha256", key.secret).update(signed).digest("base64url")}`;
}

/**
 * The content of a receipt of ours. Anything else, down to one flipped bit, is NOT_FOUND, whatever is wrong with it
 * and after the same work, so that answers tell a forger nothing.
 */
export function openReceipt(receipt: string, keys: readonly ReceiptKey[]): ReceiptContent | Failure {
  const unknown = failure("NOT_FOUND", "receipt: no prediction of this server has this receipt", { path: ["receipt"] });
  const dot = receipt.lastIndexOf(".");
  const signed = receipt.slice(0, Math.max(0, dot));
  const [format, keyId] = signed.split(".", 2);
  const known = keys.find((key) => String(key.id) === keyId);
  const key = known ?? { id: -1, secret: new Uint8Array(32) };
  const expected = createHmac("sha256", key.secret).update(signed).digest("base64url");
  const given = Buffer.alloc(expected.length);
  // Not as latin1, which keeps only the lower byte of a character: others would pass for those of a signature.
  given.write(receipt.slice(dot + 1), "utf8");
  const equal = timingSafeEqual(given, Buffer.from(expected, "latin1")) && receipt.length - dot - 1 === expected.length;
  if (!equal || known === undefined || format !== FORMAT || receipt.length > MAX_RECEIPT_CHARACTERS) return unknown;
  return parsePayload(signed.split(".")[2] ?? "") ?? unknown;
}

function parsePayload(text: string): ReceiptContent | undefined {
  const list = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as unknown;
  if (!Array.isArray(list)) return undefined;
  const [id, application, policyVersion, entity, predictedAtMs, source, evidence] = list as unknown[];
  if (typeof id !== "string" || typeof application !== "string" || typeof source !== "string") return undefined;
  if (typeof policyVersion !== "number" || typeof predictedAtMs !== "number") return undefined;
  return {
    id,
    application,
    policyVersion,
    entity: typeof entity === "string" ? entity : undefined,
    predictedAtMs,
    source,
    evidence: Array.isArray(evidence) ? evidence.map(parseMember) : undefined,
  };
}

function parseMember(member: unknown): MemberEvidence {
  const [model, version, values] = member as [string, number, string];
  return { model, version, values };
}
