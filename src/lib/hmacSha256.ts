import { createHash, hash } from "node:crypto";

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/**
 * HMAC-SHA256 (RFC 2104) of many short texts under one key. A `createHmac` for each costs two thirds of making a receipt,
 * nearly all of it setting up; two digests in one go each, over a buffer that begins with the padded key, cost half of that.
 */
export class HmacSha256 {
  #inner: Buffer;
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);

  constructor(secret: Uint8Array) {
    const key = secret.length > BLOCK_BYTES ? createHash("sha256").update(secret).digest() : secret;
    this.#inner = Buffer.alloc(2048);
    for (let i = 0; i < BLOCK_BYTES; i++) {
      const byte = key[i] ?? 0;
      this.#inner[i] = byte ^ 0x36;
      this.#outer[i] = byte ^ 0x5c;
    }
  }

  /** In base64url. */
  sign(text: string): string {
    const most = BLOCK_BYTES + 3 * text.length;
    if (this.#inner.length < most) this.#inner = Buffer.concat([this.#inner], most);
    const length = BLOCK_BYTES + this.#inner.write(text, BLOCK_BYTES, "utf8");
    this.#outer.write(hash("sha256", this.#inner.subarray(0, length), "binary"), BLOCK_BYTES, "latin1");
    return hash("sha256", this.#outer, "base64url");
  }
}
