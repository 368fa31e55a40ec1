import { createHash, timingSafeEqual } from "node:crypto";

const ID_BYTES = 8;
const SECRET_BYTES = 32;
const FORM = /^pk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

export interface KeyText {
  readonly id: string;
  readonly secret: string;
}

/** `pk_<id>_<secret>`: whoever has it has the key's rights. */
export function newKeyText(randomBytes: (size: number) => Buffer): KeyText & { readonly text: string } {
  const id = randomBytes(ID_BYTES).toString("hex");
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  return { id, secret, text: `pk_${id}_${secret}` };
}

/** Undefined for what cannot be a key. */
export function parseKeyText(text: string): KeyText | undefined {
  const [, id, secret] = FORM.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** All that is kept of a secret. */
export function digestOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

/** Takes as long whatever is wrong, also for a key that does not exist. */
export function isSecretOf(secret: string, digest: Uint8Array | undefined): boolean {
  const equal = timingSafeEqual(digestOf(secret), digest ?? NO_DIGEST);
  return equal && digest !== undefined;
}

const NO_DIGEST = new Uint8Array(32);
