/**
 * Who waits for an answer, and may leave before it comes. What an AbortSignal is, but for its cost: one is made for
 * every request, and hardly any ever leaves.
 */
export class Caller {
  #hasLeft = false;
  /** Made with the first: who is answered at once has none. */
  #listeners: (() => void)[] | undefined;

  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** Called back once, if ever; at once if the caller has left already. */
  onLeave(callback: () => void): void {
    if (this.#hasLeft) callback();
    else if (this.#listeners === undefined) this.#listeners = [callback];
    else this.#listeners.push(callback);
  }

  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const callback of listeners) callback();
  }
}
