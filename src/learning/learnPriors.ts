import type { LearnedState } from "../correction/learnedState.js";
import type { LearnedStateAdministration, PriorStore, StateStore } from "../domain/learningPorts.js";
import { messageOf } from "../domain/messageOf.js";
import type { Cancel, Clock } from "../domain/ports.js";
import type { LearningApplication } from "./followedApplication.js";
import type { StateFolding } from "./heldState.js";
import { inSlices } from "./slices.js";

export interface LearnPriorsOptions {
  readonly clock: Clock;
  readonly store: PriorStore;
  readonly states: Pick<StateStore, "read">;
  readonly administration: Pick<LearnedStateAdministration, "policyVersions">;
  /** What is followed at the moment. */
  readonly applications: () => readonly LearningApplication[];
  /** Up to where an application's log is known here. */
  readonly knownSeq: (application: string) => number;
  readonly info: (message: string, facts: object) => void;
  readonly warn: (message: string) => void;
}

const HEARTBEAT_MS = 5_000;
const COOL_DOWN_MS = 60_000;
/** New observations that a prior is worth, and this share of all: so there are few, however long the log is. */
const LEAST_OBSERVATIONS = 200;
const LEAST_SHARE = 0.1;
/** States that are read for one prior, evenly chosen, and how much of them. */
const MAX_ENTITIES = 2_000;
const MAX_BYTES = 64 << 20;
const READ_TOGETHER = 50;
/** Numbers of a prior that goes into the log: 1,000 features and ten labels are 11,000. */
const MAX_NUMBERS = 65_536;

/** APPENDED; TOO_EARLY: little is new; TOO_FEW entities know enough; TOO_LARGE for an event; TAKEN: by another server; STOPPED. */
export type PriorOutcome = "APPENDED" | "TOO_EARLY" | "TOO_FEW" | "TOO_LARGE" | "TAKEN" | "STOPPED";

interface Tried {
  readonly atMs: number;
  readonly seq: number;
}

/**
 * Learns what entities are born with from those that have seen enough, application after application: an event in the log,
 * which every population's fold takes up at its place. One server at a time does it for an application.
 */
export class LearnPriors {
  readonly #options: LearnPriorsOptions;
  /** By application and policy version. */
  readonly #tried = new Map<string, Tried>();
  #running: Promise<void> | undefined;
  #stopped = false;
  #failing = false;
  #cancelHeartbeat: Cancel | undefined;

  constructor(options: LearnPriorsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#beat();
  }

  /** Resolves when what was under way has let go. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelHeartbeat?.();
    await this.#running;
  }

  /** Looks once over all applications; those with little that is new cost nothing. */
  look(): Promise<void> {
    this.#running ??= this.#lookAtAll().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #lookAtAll(): Promise<void> {
    try {
      const applications = this.#options.applications();
      const keys = new Set(applications.map(keyOf));
      for (const key of this.#tried.keys()) if (!keys.has(key)) this.#tried.delete(key);
      for (const application of applications) {
        if (!this.#stopped && this.#isDue(application)) await this.#learn(application);
      }
      this.#failing = false;
    } catch (error) {
      const why = messageOf(error);
      if (!this.#failing) this.#options.warn(`priors are left for later: ${why}`);
      this.#failing = true;
    }
  }

  #isDue(application: LearningApplication): boolean {
    const { name, policyVersion, foldings } = application;
    if (foldings.get(policyVersion)?.sharedPrior === undefined) return false;
    const tried = this.#tried.get(keyOf(application));
    if (tried === undefined) return this.#options.knownSeq(name) >= LEAST_OBSERVATIONS;
    return (
      this.#options.clock.nowMs() - tried.atMs >= COOL_DOWN_MS && isWorthIt(tried.seq, this.#options.knownSeq(name))
    );
  }

  async #learn(application: LearningApplication): Promise<void> {
    const { clock, store, knownSeq, info } = this.#options;
    const { name, policyVersion } = application;
    const beganMs = clock.nowMs();
    this.#tried.set(keyOf(application), { atMs: beganMs, seq: knownSeq(name) });
    const outcome = (await store.exclusively(name, () => this.#estimateAndAppend(application))) ?? "TAKEN";
    if (outcome === "TOO_EARLY") return;
    info("a prior of entities was looked for", {
      ...{ application: name, policyVersion, outcome },
      ms: clock.nowMs() - beganMs,
    });
  }

  async #estimateAndAppend({ name, policyVersion, foldings }: LearningApplication): Promise<PriorOutcome> {
    const { clock, store, administration, knownSeq } = this.#options;
    const folding = foldings.get(policyVersion);
    const versions = await administration.policyVersions(name);
    const isFrozen = versions.find(({ version }) => version === policyVersion)?.frozen ?? true;
    const lastSeq = await store.lastPriorSeq(name, policyVersion);
    // Another server may have done it since; and a frozen version learns nothing.
    if (folding?.sharedPrior === undefined || isFrozen || !isWorthIt(lastSeq, knownSeq(name))) return "TOO_EARLY";
    const states = await this.#sample(name, policyVersion, folding);
    const prior = await inSlices(clock, folding.sharedPrior.estimating(states), () => this.#stopped);
    if (this.#stopped) return "STOPPED";
    if (prior === undefined) return "TOO_FEW";
    if (numbersIn(prior) > MAX_NUMBERS) return "TOO_LARGE";
    return (await store.appendPrior(name, policyVersion, lastSeq, prior)) === undefined ? "TAKEN" : "APPENDED";
  }

  /** As they are kept: what was observed since is not worth folding, since a prior is told in the log. */
  async #sample(name: string, policyVersion: number, folding: StateFolding): Promise<readonly LearnedState[]> {
    const { store, states, clock } = this.#options;
    const entities = await store.sampleEntities(name, policyVersion, MAX_ENTITIES);
    const sample: LearnedState[] = [];
    let bytes = 0;
    for (let from = 0; from < entities.length && bytes < MAX_BYTES && !this.#stopped; from += READ_TOGETHER) {
      const wanted = entities
        .slice(from, from + READ_TOGETHER)
        .map((entity) => ({ policyVersion, entity, knownSeq: undefined }));
      for (const { kept } of await states.read(name, wanted)) {
        if (kept === undefined) continue;
        bytes += kept.state.length;
        sample.push(folding.decode(kept.state));
      }
      await new Promise<void>((resolve) => clock.turnEnd(resolve));
    }
    return sample;
  }

  #beat(): void {
    if (this.#stopped) return;
    const { clock } = this.#options;
    this.#cancelHeartbeat = clock.at(clock.nowMs() + HEARTBEAT_MS, () => {
      void this.look().then(() => this.#beat());
    });
  }
}

function keyOf({ name, policyVersion }: LearningApplication): string {
  return `${name} ${policyVersion}`;
}

function isWorthIt(lastSeq: number, knownSeq: number): boolean {
  return knownSeq - lastSeq >= Math.max(LEAST_OBSERVATIONS, LEAST_SHARE * knownSeq);
}

/** However deep: what a prior is made of is its policy's. */
function numbersIn(content: unknown): number {
  if (Array.isArray(content)) return content.length;
  if (typeof content !== "object" || content === null) return 1;
  return Object.values(content).reduce<number>((sum, each) => sum + numbersIn(each), 0);
}
