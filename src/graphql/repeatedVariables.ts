/** What one text of variables came to. */
export interface Repeated {
  readonly variables: unknown;
  /** As the operation takes them in; undefined while nobody has coerced them, or where they do not fit. */
  coerced: Record<string, unknown> | undefined;
}

const MAX_TEXTS = 1024;
/** Of one text: a longer one takes longer to be found, and is worth its place less often. */
const MAX_CHARACTERS = 512;
const MARKS = 4096;
const MARK_SAMPLES = 32;

/**
 * The variables that come again and again, word for word, with one operation: what the exact cache answers, mostly. They are
 * parsed and coerced once, and belong to whoever asks, so nobody may change them. A text has a place when it
 * comes the second time, so that those which come once cost nearly nothing; the one that has been here longest makes room.
 */
export class RepeatedVariables {
  readonly #known = new Map<string, Repeated>();
  /** Of texts that came once: a number made from some of their characters. */
  readonly #marks = new Uint32Array(MARKS);

  find(text: string): Repeated | undefined {
    return text.length > MAX_CHARACTERS ? undefined : this.#known.get(text);
  }

  /** Of a text that was not found. Gives its place, if it has one from now on. */
  note(text: string, variables: unknown): Repeated | undefined {
    if (text.length > MAX_CHARACTERS) return undefined;
    const mark = markOf(text);
    const slot = mark % MARKS;
    if (this.#marks[slot] !== mark) {
      this.#marks[slot] = mark;
      return undefined;
    }
    if (this.#known.size === MAX_TEXTS) {
      const [oldest = ""] = this.#known.keys();
      this.#known.delete(oldest);
    }
    const repeated: Repeated = { variables, coerced: undefined };
    // A copy: a part of a body keeps the whole of it.
    this.#known.set(Buffer.from(text).toString(), repeated);
    return repeated;
  }
}

function markOf(text: string): number {
  let mark = text.length;
  const step = Math.ceil(text.length / MARK_SAMPLES);
  for (let i = text.length - 1; i >= 0; i -= step) mark = Math.imul(mark ^ text.charCodeAt(i), 0x01000193);
  return (mark ^ (mark >>> 15)) >>> 0;
}
