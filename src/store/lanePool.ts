import type { Database, Lane, LaneSettings } from "./database.js";

/** A bounded number of lanes, made when first needed. Who finds none free waits in line. */
export class LanePool {
  readonly #database: Database;
  readonly #maxLanes: number;
  readonly #settings: LaneSettings;
  readonly #free: Lane[] = [];
  readonly #waiting: ((lane: Lane) => void)[] = [];
  #lent = 0;

  constructor(database: Database, maxLanes: number, settings: LaneSettings) {
    this.#database = database;
    this.#maxLanes = maxLanes;
    this.#settings = settings;
  }

  /** Lends a lane to `work`; one that `work` reports as broken is cut off and never lent again. */
  async use<T>(work: (lane: Lane) => Promise<T>, isBroken: (error: unknown) => boolean): Promise<T> {
    let lane = await this.#acquire();
    try {
      return await work(lane);
    } catch (error) {
      if (isBroken(error)) {
        lane.destroy();
        lane = this.#database.openLane(this.#settings);
      }
      throw error;
    } finally {
      this.#release(lane);
    }
  }

  #acquire(): Promise<Lane> {
    if (this.#lent < this.#maxLanes) {
      this.#lent += 1;
      return Promise.resolve(this.#free.pop() ?? this.#database.openLane(this.#settings));
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(lane: Lane): void {
    const next = this.#waiting.shift();
    if (next !== undefined) return next(lane);
    this.#lent -= 1;
    this.#free.push(lane);
  }
}
