/** What was acquired, released last first and once. What is added after that is released at once. */
export class Cleanup {
  readonly #releasers: (() => Promise<void> | void)[] = [];
  #running: Promise<void> | undefined;

  async add(release: () => Promise<void> | void): Promise<void> {
    if (this.#running === undefined) this.#releasers.push(release);
    else await release();
  }

  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    const problems: unknown[] = [];
    for (let release = this.#releasers.pop(); release !== undefined; release = this.#releasers.pop()) {
      try {
        await release();
      } catch (error) {
        // The others must still be released.
        problems.push(error);
      }
    }
    if (problems.length > 0) throw problems[0];
  }
}
