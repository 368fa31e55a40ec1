import DataLoader from "dataloader";
import { FailureError, failure } from "../domain/failure.js";
import { stateKey } from "../domain/learningPorts.js";
import type { StateReading, StateRef, StateStore } from "../domain/learningPorts.js";
import type { Clock } from "../domain/ports.js";

/** Readings under way beyond which no more are begun: then the database is what is slow. */
const MAX_PENDING = 2_000;
const MAX_READ_TOGETHER = 500;

/**
 * Reads the states of entities that this process does not have: all that are missing at the end of an event-loop turn
 * with one statement. Equal entities share a reading.
 */
export class EntityLoader {
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #loaders = new Map<string, DataLoader<StateRef, StateReading | undefined, string>>();
  #pending = 0;

  constructor(store: StateStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Undefined where so many are pending that this one would not come in time. Rejects when the database fails. */
  load(application: string, ref: StateRef): Promise<StateReading | undefined> | undefined {
    if (this.#pending >= MAX_PENDING) return undefined;
    this.#pending += 1;
    const loader = this.#loaderOf(application);
    return loader.load(ref).finally(() => {
      this.#pending -= 1;
      loader.clear(ref);
    });
  }

  #loaderOf(application: string): DataLoader<StateRef, StateReading | undefined, string> {
    const known = this.#loaders.get(application);
    if (known !== undefined) return known;
    const made = new DataLoader<StateRef, StateReading | undefined, string>((refs) => this.#read(application, refs), {
      batchScheduleFn: (dispatch) => this.#clock.turnEnd(dispatch),
      cacheKeyFn: stateKey,
      maxBatchSize: MAX_READ_TOGETHER,
    });
    this.#loaders.set(application, made);
    return made;
  }

  async #read(application: string, refs: readonly StateRef[]): Promise<(StateReading | undefined)[]> {
    const wanted = refs.map(({ policyVersion, entity }) => ({ policyVersion, entity, knownSeq: undefined }));
    const readings = new Map(
      (await this.#store.read(application, wanted)).map((reading) => [stateKey(reading), reading]),
    );
    return refs.map((ref) => readings.get(stateKey(ref)));
  }
}

/** For whoever can be told to come again. */
export function tooManyReadings(): never {
  throw new FailureError(failure("STORE_UNAVAILABLE", "too many learned states are being read: ask again"));
}
