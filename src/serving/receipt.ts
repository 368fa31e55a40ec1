import { timingSafeEqual } from "node:crypto";
import type { MemberEvidence, StoredEvidence } from "../correction/evidence.js";
import { failure, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Prediction } from "../domain/prediction.js";
import type { ReceiptKey } from "../domain/storePorts.js";
import { HmacSha256 } from "../lib/hmacSha256.js";
import { evidenceOf } from "./predictionEvidence.js";

/** Evidence is left out of a receipt that would be longer than this, in characters. */
export const MAX_RECEIPT_CHARACTERS = 1024;
const FORMAT = "s2";

export interface ReceiptContent {
  readonly id: string;
  readonly application: string;
  readonly policyVersion: number;
  readonly entity: string | undefined;
  readonly predictedAtMs: number;
  readonly source: string;
  /** Undefined when there was none, or it did not fit. */
  readonly evidence: StoredEvidence | undefined;
  /** It did not fit: it is in the prediction log. */
  readonly isLogged: boolean;
}

export interface SignedReceipt {
  readonly receipt: string;
  /** Evidence that did not fit: it is to go to the prediction log. */
  readonly leftOut: StoredEvidence | undefined;
}

/** Signs what a prediction was into a url-safe text that `observe` takes back: nothing is stored for it where it fits. */
export function signReceipt(prediction: Prediction, keys: readonly ReceiptKey[]): SignedReceipt {
  const key = keys[0];
  if (key === undefined) throw new Error("no receipt key: the store has not been read yet");
  const evidence = evidenceOf(prediction);
  const whole = seal(payloadOf(prediction, evidence, false), key);
  if (whole.length <= MAX_RECEIPT_CHARACTERS) return { receipt: whole, leftOut: undefined };
  return { receipt: seal(payloadOf(prediction, undefined, true), key), leftOut: evidence };
}

/**
 * A JSON list, put together from its parts: made whole by `JSON.stringify` it takes three times as long. Names, ids and packed
 * numbers have nothing in them that JSON would escape.
 */
function payloadOf(prediction: Prediction, evidence: StoredEvidence | undefined, isLogged: boolean): string {
  const { id, application, policyVersion, entity, atMs, source } = prediction;
  const what = `"${id}","${application}",${policyVersion},${json(entity)},${atMs},"${source}"`;
  const { choice, context, contextFrom, agreement, answer } = evidence ?? {};
  const learned = `${isLogged ? 1 : membersOf(evidence)},${json(choice)},${quoted(context)},${json(agreement)},${quoted(answer)}`;
  // At the end: receipts from before have none.
  return contextFrom === undefined ? `[${what},${learned}]` : `[${what},${learned},"${contextFrom}"]`;
}

function membersOf(evidence: StoredEvidence | undefined): string {
  if (evidence === undefined) return "null";
  let text = "";
  for (const { model, version, values } of evidence.members) {
    text += `${text === "" ? "" : ","}["${model}",${version},"${values}"]`;
  }
  return `[${text}]`;
}

/** What is not there is null. */
function json(value: unknown): string {
  if (value === undefined) return "null";
  return typeof value === "number" && Number.isFinite(value) ? String(value) : JSON.stringify(value);
}

function quoted(text: string | undefined): string {
  return text === undefined ? "null" : `"${text}"`;
}

function seal(payload: string, key: ReceiptKey): string {
  const signed = `${FORMAT}.${key.id}.${base64urlOf(payload)}`;
  return `${signed}.${signerOf(key).sign(signed)}`;
}

/** A buffer of its own for each text costs as much as encoding it. */
const scratch = Buffer.alloc(4 * MAX_RECEIPT_CHARACTERS);

function base64urlOf(text: string): string {
  if (3 * text.length > scratch.length) return Buffer.from(text, "utf8").toString("base64url");
  return scratch.toString("base64url", 0, scratch.write(text, "utf8"));
}

const signers = new WeakMap<ReceiptKey, HmacSha256>();

function signerOf(key: ReceiptKey): HmacSha256 {
  let signer = signers.get(key);
  if (signer === undefined) signers.set(key, (signer = new HmacSha256(key.secret)));
  return signer;
}

/**
 * The content of a receipt of ours. Anything else, down to one flipped bit, is NOT_FOUND, whatever is wrong with it
 * and after the same work, so that answers tell a forger nothing.
 */
export function openReceipt(receipt: string, keys: readonly ReceiptKey[]): ReceiptContent | Failure {
  const dot = receipt.lastIndexOf(".");
  const signed = receipt.slice(0, Math.max(0, dot));
  const keyId = keyIdOf(signed);
  const known = keys.find((key) => String(key.id) === keyId);
  const key = known ?? NO_KEY;
  // What is longer than any receipt is refused below: the signer keeps room for the longest text that it has seen.
  const expected = signerOf(key).sign(signed.slice(0, MAX_RECEIPT_CHARACTERS));
  const given = Buffer.alloc(expected.length);
  // Not as latin1, which keeps only the lower byte of a character: others would pass for those of a signature.
  given.write(receipt.slice(dot + 1), "utf8");
  const equal = timingSafeEqual(given, Buffer.from(expected, "latin1")) && receipt.length - dot - 1 === expected.length;
  const begin = `${FORMAT}.${keyId}.`;
  if (!equal || known === undefined || !signed.startsWith(begin) || receipt.length > MAX_RECEIPT_CHARACTERS)
    return unknownReceipt();
  return parsePayload(signed.slice(begin.length)) ?? unknownReceipt();
}

const NO_KEY: ReceiptKey = { id: -1, secret: new Uint8Array(32) };

/** Of the key that a receipt says it is signed with: its second part, empty where there is none. */
export function keyIdOf(receipt: string): string {
  const begin = receipt.indexOf(".") + 1;
  const end = receipt.indexOf(".", begin);
  return begin === 0 ? "" : receipt.slice(begin, end < 0 ? undefined : end);
}

/** The same for a receipt of ours whose application the caller may not see: that it is one is not told either. */
export function openSeenReceipt(
  receipt: string,
  keys: readonly ReceiptKey[],
  isSeen: ((application: string) => boolean) | undefined,
): ReceiptContent | Failure {
  const content = openReceipt(receipt, keys);
  return isFailure(content) || isSeen?.(content.application) !== false ? content : unknownReceipt();
}

function unknownReceipt(): Failure {
  return failure("NOT_FOUND", "receipt: no prediction of this server has this receipt", { path: ["receipt"] });
}

function parsePayload(text: string): ReceiptContent | undefined {
  const list = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as unknown;
  if (!Array.isArray(list)) return undefined;
  const [id, application, policyVersion, entity, predictedAtMs, source, members, ...rest] = list as unknown[];
  if (typeof id !== "string" || typeof application !== "string" || typeof source !== "string") return undefined;
  if (typeof policyVersion !== "number" || typeof predictedAtMs !== "number") return undefined;
  return {
    id,
    application,
    policyVersion,
    entity: typeof entity === "string" ? entity : undefined,
    predictedAtMs,
    source,
    evidence: Array.isArray(members) ? evidenceFrom(source, members, rest) : undefined,
    isLogged: members === 1,
  };
}

/** Signed by us: what is there has the types that `payloadOf` gave it. */
function evidenceFrom(source: string, members: readonly unknown[], rest: readonly unknown[]): StoredEvidence {
  const [choice, context, agreement, answer, contextFrom] = rest;
  return {
    source,
    members: members.map(memberFrom),
    choice: (choice ?? undefined) as StoredEvidence["choice"],
    context: (context ?? undefined) as string | undefined,
    agreement: (agreement ?? undefined) as number | undefined,
    answer: (answer ?? undefined) as string | undefined,
    contextFrom: (contextFrom ?? undefined) as string | undefined,
  };
}

function memberFrom(member: unknown): MemberEvidence {
  const [model, version, values] = member as [string, number, string];
  return { model, version, values };
}
