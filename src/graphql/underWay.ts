import type { Clock } from "../domain/ports.js";
import type { Caller } from "../lib/caller.js";

/** The operations under way on each socket, and who waits for each: all leave when it closes. */
export class UnderWay {
  readonly #ids = new Map<object, Map<string, Caller>>();
  #onNone: (() => void) | undefined;

  has(socket: object): boolean {
    return this.#ids.has(socket);
  }

  begin(socket: object, id: string, caller: Caller): void {
    const ids = this.#ids.get(socket);
    if (ids === undefined) this.#ids.set(socket, new Map([[id, caller]]));
    else ids.set(id, caller);
  }

  /** What it still waits for is called off: an answer with an error may be given before all of its fields have one. */
  end(socket: object, id: string): void {
    const ids = this.#ids.get(socket);
    const caller = ids?.get(id);
    if (ids === undefined || caller === undefined) return;
    ids.delete(id);
    caller.leave();
    if (ids.size === 0) this.endAll(socket);
  }

  endAll(socket: object): void {
    for (const caller of this.#ids.get(socket)?.values() ?? []) caller.leave();
    this.#ids.delete(socket);
    if (this.#ids.size === 0) this.#onNone?.();
  }

  /** Resolves when none is left and what it said last is on its way, or after so long. */
  async whenNone(clock: Clock, withinMs: number): Promise<void> {
    if (this.#ids.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.at(clock.nowMs() + withinMs, resolve);
      // An operation ends before its last message is sent, in the same turn.
      this.#onNone = () => {
        cancel();
        clock.turnEnd(resolve);
      };
    });
    this.#onNone = undefined;
  }
}
