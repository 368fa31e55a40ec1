import type { Clock } from "../domain/ports.js";

/** Longer work lets the event loop have its turn in between: predictions go on. */
const SLICE_MS = 1;

/** Turns of the event loop for work that would hold it up: ask after each piece. */
export class Slices {
  readonly #clock: Clock;
  #beganMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#beganMs = clock.nowMs();
  }

  /** Whether it is time to `pause`: so that a loop need not await after each of its pieces. */
  get isOver(): boolean {
    return this.#clock.nowMs() - this.#beganMs >= SLICE_MS;
  }

  async pause(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.turnEnd(resolve));
    this.#beganMs = this.#clock.nowMs();
  }
}

/** Runs steps to their end, a slice at a time. `isStopped` is asked after each slice; undefined: it was. */
export async function inSlices<T>(
  clock: Clock,
  steps: Generator<void, T, void>,
  isStopped: () => boolean = () => false,
): Promise<T | undefined> {
  const slices = new Slices(clock);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    if (!slices.isOver) continue;
    await slices.pause();
    if (isStopped()) return undefined;
  }
}
