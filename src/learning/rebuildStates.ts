import type { FeedbackLog, LearnedStateAdministration, StateStore } from "../domain/learningPorts.js";
import { messageOf } from "../domain/messageOf.js";
import type { Cancel, Clock } from "../domain/ports.js";
import type { LearningApplication } from "./followedApplication.js";
import { rebuildState } from "./rebuildState.js";

export interface RebuildingOptions {
  readonly clock: Clock;
  readonly store: StateStore;
  readonly log: FeedbackLog;
  readonly administration: Pick<LearnedStateAdministration, "policyVersions">;
  /** What is followed at the moment. */
  readonly applications: () => readonly LearningApplication[];
  readonly info: (message: string, facts: object) => void;
  readonly warn: (message: string) => void;
}

/** For what other servers have left waiting; what this one has corrected is begun at once. */
const HEARTBEAT_MS = 10_000;

/** Learns anew, one after the other, the states that count an observation which was corrected or deleted since. */
export class RebuildStates {
  readonly #options: RebuildingOptions;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #failing = false;
  #cancelHeartbeat: Cancel | undefined;
  /** As last read, by application. */
  readonly #pending = new Map<string, number>();

  constructor(options: RebuildingOptions) {
    this.#options = options;
  }

  /** States that wait for a rebuild, as last read. */
  pending(application: string): number {
    return this.#pending.get(application) ?? 0;
  }

  start(): void {
    this.soon();
    this.#beat();
  }

  /** Resolves when what was under way has let go. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelHeartbeat?.();
    await this.#running;
  }

  /** Looks for waiting states now, once more after what is under way. */
  soon(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        const applications = this.#options.applications();
        this.#retain(applications);
        for (const application of applications) await this.#rebuildAll(application);
        this.#failing = false;
      } catch (error) {
        const why = messageOf(error);
        if (!this.#failing) this.#options.warn(`states that wait for a rebuild are left for later: ${why}`);
        this.#failing = true;
      }
    }
  }

  #retain(applications: readonly LearningApplication[]): void {
    const names = new Set(applications.map(({ name }) => name));
    for (const name of this.#pending.keys()) if (!names.has(name)) this.#pending.delete(name);
  }

  async #rebuildAll({ name, foldings }: LearningApplication): Promise<void> {
    const { store, log, clock, administration } = this.#options;
    if (this.#stopped) return;
    const waiting = await store.pendingRebuilds(name);
    this.#pending.set(name, waiting.length);
    if (waiting.length === 0) return;
    const versions = await administration.policyVersions(name);
    const deps = { clock, store, log, isStopped: () => this.#stopped };
    for (const ref of waiting) {
      const folding = foldings.get(ref.policyVersion);
      if (folding === undefined || this.#stopped) continue;
      const beganMs = clock.nowMs();
      const outcome = await rebuildState(deps, { application: name, ref, folding, versions });
      // Not whose state it is: entities are people.
      const facts = { application: name, policyVersion: ref.policyVersion, isPopulation: ref.entity === "", outcome };
      this.#options.info("a learned state was rebuilt from the log", { ...facts, ms: clock.nowMs() - beganMs });
      if (outcome === "REPLACED" || outcome === "GONE") this.#pending.set(name, this.pending(name) - 1);
    }
  }

  #beat(): void {
    const { clock } = this.#options;
    this.#cancelHeartbeat = clock.at(clock.nowMs() + HEARTBEAT_MS, () => {
      this.soon();
      if (!this.#stopped) this.#beat();
    });
  }
}
