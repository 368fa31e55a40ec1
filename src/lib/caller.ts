/**
 * Who waits for an answer, and may leave before it comes. What an AbortSignal is, but for its cost: one is made for
 * every request, and hardly any ever leaves.
 */
export class Caller {
  #hasLeft = false;
  #listeners: (() => void)[] = [];

  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** Called back once, if ever; at once if the caller has left already. */
  onLeave(callback: () => void): void {
    if (this.#hasLeft) callback();
    else this.#listeners.push(callback);
  }

  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    for (const callback of this.#listeners.splice(0)) callback();
  }
}
