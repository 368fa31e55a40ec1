import type { Row } from "../../src/domain/tensor.js";

interface Entry {
  readonly scope: string;
  readonly hash: number;
  readonly input: string;
  readonly output: string;
  readonly bytes: number;
  frequency: number;
  cleared: boolean;
}

const OVERHEAD = 640;

/**
 * S3-FIFO from its paper (Yang et al., SOSP 2023, section 4), in arrays and strings: a small queue of 10 %, a main
 * queue with reinsertion, and a ghost queue as long as the main one (at least 16). Frequencies count hits, up to 3.
 */
export class SlowS3Fifo {
  readonly #capacity: number;
  #small: Entry[] = [];
  #main: Entry[] = [];
  #ghost: { readonly hash: number; readonly scope: string }[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get bytes(): number {
    return sum(this.#small) + sum(this.#main);
  }

  get entryCount(): number {
    return [...this.#small, ...this.#main].filter((entry) => !entry.cleared).length;
  }

  get(scope: string, hash: number, input: Row): string | undefined {
    const entry = this.#find(scope, hash);
    if (entry?.input !== textOf(input)) return undefined;
    entry.frequency = Math.min(3, entry.frequency + 1);
    return entry.output;
  }

  set(scope: string, hash: number, input: Row, output: Row): void {
    const bytes = [...input, ...output].reduce((total, part) => total + part.length, OVERHEAD);
    if (this.#find(scope, hash) !== undefined || bytes > this.#capacity / 10) return;
    while (this.bytes + bytes > this.#capacity) this.#evict();
    const entry = { scope, hash, input: textOf(input), output: textOf(output), bytes, frequency: 0, cleared: false };
    const remembered = this.#ghost.some((ghost) => ghost.hash === hash && ghost.scope === scope);
    if (remembered) this.#ghost = this.#ghost.filter((ghost) => ghost.hash !== hash);
    (remembered ? this.#main : this.#small).push(entry);
  }

  clear(scope: string): void {
    for (const entry of [...this.#small, ...this.#main]) if (entry.scope === scope) entry.cleared = true;
  }

  #find(scope: string, hash: number): Entry | undefined {
    return [...this.#small, ...this.#main].find((entry) => {
      return !entry.cleared && entry.scope === scope && entry.hash === hash;
    });
  }

  #evict(): void {
    const fromSmall = sum(this.#small) > this.#capacity / 10 || this.#main.length === 0;
    const entry = (fromSmall ? this.#small : this.#main).shift() as Entry;
    if (entry.cleared) return;
    if (entry.frequency > 0) {
      this.#main.push(entry);
      entry.frequency = fromSmall ? 0 : entry.frequency - 1;
    } else if (fromSmall) {
      const again = this.#ghost.findIndex((ghost) => ghost.hash === entry.hash);
      if (again >= 0) this.#ghost[again] = entry;
      else this.#ghost.push(entry);
      while (this.#ghost.length > Math.max(16, this.#main.length)) this.#ghost.shift();
    }
  }
}

function sum(entries: readonly Entry[]): number {
  return entries.reduce((total, entry) => total + entry.bytes, 0);
}

export function textOf(row: Row): string {
  return row.map((part) => Buffer.from(part).toString("hex")).join("|");
}
