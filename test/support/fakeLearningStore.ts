import { POPULATION } from "../../src/domain/learningPorts.js";
import type {
  GroupLearner,
  KeptState,
  LogEvent,
  LoggedObservation,
  LoggedPrior,
  StateReading,
  StateStore,
  WantedState,
} from "../../src/domain/learningPorts.js";
import type { NewObservation } from "../../src/domain/storePorts.js";
import { noNews } from "../../src/store/stateRows.js";

/** A log of one application and the states kept of it, as the ports have them, in memory: what PostgreSQL does by SQL. */
export class FakeLearningStore implements StateStore {
  readonly log: LoggedObservation[] = [];
  /** Their places are in the log's order, which they share. */
  readonly loggedPriors: LoggedPrior[] = [];
  /** What groups brought to light, each with its group's last seq. */
  readonly events: (LogEvent & { readonly groupSeq: number })[] = [];
  readonly kept = new Map<string, KeptState>();
  readonly reads: (readonly WantedState[])[] = [];
  /** Of groups, under the log's lock. */
  readonly groupReads: (readonly WantedState[])[] = [];
  failing = false;
  /** Readings wait for it. */
  gate: Promise<void> = Promise.resolve();
  readonly #listeners = new Set<() => void>();

  /** A group's transaction; `fails` after the fold, as when the commit does. The learner hears of a commit after `meanwhile`. */
  async append(
    learner: GroupLearner,
    observations: readonly NewObservation[],
    fails = false,
    meanwhile: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const application = observations[0]?.application ?? "";
    const wanted = learner.wanted(application, observations);
    const before = this.#head();
    const fresh = observations.map((observation, i) => ({ observation, seq: before + i + 1 }));
    const asked = wanted.filter(({ currentAt }) => currentAt !== before);
    this.groupReads.push(asked);
    const current = wanted.filter(({ currentAt }) => currentAt === before).map(noNews);
    const learned = await learner.fold(application, [...this.#readings(asked), ...current], fresh);
    if (fails) return learned.abandoned();
    this.log.push(
      ...fresh.map(({ observation, seq }) => ({ ...observation, seq, observedAtMs: observation.predictedAtMs })),
    );
    for (const state of learned.writes) this.#keep(state);
    const groupSeq = fresh.at(-1)?.seq ?? 0;
    this.events.push(...learned.events.map((event) => ({ ...event, groupSeq })));
    await meanwhile();
    learned.committed();
  }

  /** The next place of the log. */
  appendPrior(prior: unknown): void {
    this.loggedPriors.push({ seq: this.#head() + 1, prior });
  }

  #head(): number {
    return Math.max(this.log.at(-1)?.seq ?? 0, this.loggedPriors.at(-1)?.seq ?? 0);
  }

  notify(): void {
    for (const listener of this.#listeners) listener();
  }

  async read(_application: string, wanted: readonly WantedState[]): Promise<readonly StateReading[]> {
    this.reads.push(wanted);
    const readings = this.#readings(wanted);
    await this.gate;
    if (this.failing) throw new Error("connection refused");
    return readings;
  }

  write(_application: string, states: readonly KeptState[]): Promise<void> {
    for (const state of states) this.#keep(state);
    return Promise.resolve();
  }

  heads(applications: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (this.failing) return Promise.reject(new Error("connection refused"));
    return Promise.resolve(new Map(applications.map((name) => [name, this.#head()])));
  }

  entitiesSince(_application: string, seq: number, limit: number): Promise<readonly string[] | undefined> {
    const entities = new Set(this.log.filter((row) => row.seq > seq).map(({ entity }) => entity ?? POPULATION));
    entities.delete(POPULATION);
    return Promise.resolve(entities.size > limit ? undefined : [...entities]);
  }

  lastEvents(): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(new Map());
  }

  priors(): Promise<readonly LoggedPrior[]> {
    return Promise.resolve(this.loggedPriors);
  }

  pendingRebuilds(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  replace(_application: string, state: KeptState): Promise<boolean> {
    this.kept.set(keyOf(state), state);
    return Promise.resolve(true);
  }

  correctedSince(): Promise<boolean> {
    return Promise.resolve(false);
  }

  onChange(changed: () => void): Promise<{ stop(): Promise<void> }> {
    this.#listeners.add(changed);
    return Promise.resolve({ stop: () => Promise.resolve(void this.#listeners.delete(changed)) });
  }

  #readings(wanted: readonly WantedState[]): StateReading[] {
    return wanted.map(({ policyVersion, entity, knownSeq }) => {
      const kept = this.kept.get(keyOf({ policyVersion, entity }));
      const newer = kept !== undefined && (knownSeq === undefined || kept.seq > knownSeq) ? kept : undefined;
      const after = newer?.seq ?? knownSeq ?? 0;
      const tail = this.log.filter(
        (row) =>
          row.seq > after && row.learnedBy.includes(policyVersion) && (entity === POPULATION || row.entity === entity),
      );
      return {
        policyVersion,
        entity,
        kept: newer,
        tail,
        anew: kept === undefined && knownSeq === undefined,
        complete: true,
        ...(entity === POPULATION && { priors: this.loggedPriors.filter(({ seq }) => seq > after) }),
      };
    });
  }

  #keep(state: KeptState): void {
    const before = this.kept.get(keyOf(state));
    if (before === undefined || before.seq < state.seq) this.kept.set(keyOf(state), state);
  }
}

export function keyOf({ policyVersion, entity }: { policyVersion: number; entity: string }): string {
  return `${policyVersion} ${entity}`;
}
