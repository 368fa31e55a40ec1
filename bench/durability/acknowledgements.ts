import { createWriteStream } from "node:fs";
import type { WriteStream } from "node:fs";

/** What the server said of one observation: its place in its application's log. */
export interface Acknowledged {
  readonly application: string;
  /** Of the observation, unique among all of a run. */
  readonly key: string;
  readonly seq: number;
}

/** Every acknowledgement, on disk at once, for a program that shares nothing with us. */
export class Acknowledgements {
  readonly path: string;
  readonly #file: WriteStream;
  #count = 0;

  constructor(path: string) {
    this.path = path;
    this.#file = createWriteStream(path);
  }

  get count(): number {
    return this.#count;
  }

  add(acknowledged: Acknowledged): void {
    this.#count += 1;
    this.#file.write(`${JSON.stringify(acknowledged)}\n`);
  }

  /** Resolves when everything added so far can be read. */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => this.#file.write("", (error) => (error ? reject(error) : resolve())));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#file.end(resolve));
  }
}
