import { once } from "node:events";

/** What happens, in order, and a way to wait for the next thing. */
export class EventLog {
  readonly events: string[] = [];
  readonly #changed = new EventTarget();

  add(event: string): void {
    this.events.push(event);
    this.#changed.dispatchEvent(new Event("added"));
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this.#changed, "added");
  }
}
