export interface RecentLine {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly text: string;
}

const MAX_CHARACTERS = 2000;

/** The last lines that something printed: at most `capacity`, each cut to 2,000 characters. */
export class RecentLines {
  readonly #capacity: number;
  readonly #lines: RecentLine[] = [];
  #seq = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(atMs: number, text: string): void {
    this.#lines.push({ seq: ++this.#seq, atMs, text: text.slice(0, MAX_CHARACTERS) });
    // Half at a time: dropping the first of a long list moves all others.
    if (this.#lines.length >= 2 * this.#capacity) this.#lines.splice(0, this.#capacity);
  }

  /** Oldest first: at most the last `count` of those after `afterSeq`. */
  last(count: number, afterSeq = 0): readonly RecentLine[] {
    const kept = this.#lines.slice(-Math.min(count, this.#capacity));
    return count > 0 ? kept.filter(({ seq }) => seq > afterSeq) : [];
  }
}
