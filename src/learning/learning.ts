import type {
  AppendedObservation,
  GroupLearner,
  LearnedGroup,
  StateReading,
  StateRef,
  StateStore,
  WantedState,
} from "../domain/learningPorts.js";
import { POPULATION, STALLED_AFTER_MS } from "../domain/learningPorts.js";
import { messageOf } from "../domain/messageOf.js";
import type { Cancel, Clock } from "../domain/ports.js";
import type { NewObservation } from "../domain/storePorts.js";
import { EntityLoader, tooManyReadings } from "./entityLoader.js";
import { flushStates, unkeptStates } from "./flushStates.js";
import { FollowedApplication } from "./followedApplication.js";
import type { LearningApplication } from "./followedApplication.js";
import type { ApplicationLearning } from "./learningFigures.js";
import { GroupFold } from "./groupFold.js";
import type { FoldedState } from "./groupFold.js";
import { unfollowed } from "./heldState.js";
import type { HeldState } from "./heldState.js";
import { ABSENT, HeldStates } from "./heldStates.js";
import { bringsNews, refresh } from "./refresh.js";
import { askedStates } from "./wantedStates.js";
import type { AskedStates } from "./wantedStates.js";

export interface LearningOptions {
  readonly clock: Clock;
  readonly store: StateStore;
  /** For entities' states, over all applications. */
  readonly stateBytes: number;
  readonly warn: (message: string) => void;
  /** States were written that wait for a rebuild. */
  readonly rebuildSoon?: () => void;
}

/** What a query is answered from. */
export interface StateInUse {
  /** The entity's, or the population's where there is none (yet). */
  readonly held: HeldState;
  readonly population: HeldState;
  readonly personalised: boolean;
}

const HEARTBEAT_MS = 500;
/** Between readings for somebody who waits for an observation that is not there yet. */
const REACH_STEP_MS = 2;

/**
 * What this process knows of all that is learned. Trades memory for database readings: populations are always here,
 * entities' states in a bounded cache. Groups of observations are folded into copies inside the transaction that appends
 * them, and take effect at commit; what other servers append is followed by notification and a heartbeat. A state can be
 * behind, never wrong: whoever folds reads the rest of the log under its lock first.
 */
export class Learning implements GroupLearner {
  readonly #options: LearningOptions;
  readonly #held: HeldStates;
  readonly #loader: EntityLoader;
  readonly #applications = new Map<string, FollowedApplication>();
  /** States as they were when a group's readings were asked for; one group of an application is under way at a time. */
  readonly #asked = new Map<string, AskedStates>();
  #subscription: { stop(): Promise<void> } | undefined;
  #cancelHeartbeat: Cancel | undefined;
  #refreshing: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #failing = false;

  constructor(options: LearningOptions) {
    this.#options = options;
    this.#held = new HeldStates(options.stateBytes);
    this.#loader = new EntityLoader(options.store, options.clock);
  }

  /** Entities' states that are held here, over all applications. For exposition. */
  get figures(): { readonly entities: number; readonly bytes: number } {
    return { entities: this.#held.size, bytes: this.#held.bytes };
  }

  /** Of one application with this coverage, what this process has done and knows; undefined for one that is not followed. */
  figuresOf(application: string, statedCoverage: number): ApplicationLearning | undefined {
    const followed = this.#applications.get(application);
    if (followed === undefined) return undefined;
    const answers = followed.population(followed.spec.policyVersion)?.state.answers;
    return {
      ...followed.figures.counts,
      recentLoss: answers?.drift.mean,
      adaptation: answers?.adaptation.state ?? "STEADY",
      realisedCoverage: answers?.conformal.realisedCoverage(statedCoverage),
      statedCoverage,
      stateAgeMs: this.ageMs(application),
    };
  }

  /** Listens before it reads. Resolves when what is followed has been read once, or that has failed. */
  async start(): Promise<void> {
    this.#subscription = await this.#options.store.onChange(() => void this.refresh());
    await this.refresh();
    this.#beat();
  }

  /** Writes what the database does not have as a whole yet, where it can: the log has it all. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelHeartbeat?.();
    await this.#subscription?.stop();
    await this.#refreshing;
    await flushStates(this.#options, unkeptStates(this.#held, this.#applications));
  }

  /** What there is to learn from now on; called after each change of the registry. */
  follow(specs: readonly LearningApplication[]): void {
    const names = new Set(specs.map(({ name }) => name));
    for (const name of this.#applications.keys()) if (!names.has(name)) this.#forget(name);
    for (const spec of specs) {
      const known = this.#applications.get(spec.name);
      if (known === undefined) {
        this.#applications.set(spec.name, new FollowedApplication(spec, this.#options.clock.nowMs()));
        this.refreshSoon();
        continue;
      }
      for (const version of spec.foldings.keys()) {
        if (!known.spec.foldings.has(version)) known.unread.add(version);
      }
      if (known.spec.policyVersion !== spec.policyVersion || known.unread.size > 0) this.refreshSoon();
      known.spec = spec;
    }
  }

  /** What is followed now. */
  specs(): readonly LearningApplication[] {
    return [...this.#applications.values()].map(({ spec }) => spec);
  }

  /** Milliseconds since what is known of an application's log was last found to be all of it. */
  ageMs(application: string): number {
    const followed = this.#applications.get(application);
    return followed === undefined ? 0 : Math.max(0, this.#options.clock.nowMs() - followed.confirmedMs);
  }

  /** What does not work, in words; undefined while what others learn is followed. */
  get problem(): string | undefined {
    const ages = [...this.#applications.keys()].map((name) => this.ageMs(name));
    const oldestMs = Math.max(0, ...ages);
    if (!this.#failing && oldestMs < STALLED_AFTER_MS) return undefined;
    return `the database has not answered for ${Math.round(oldestMs)} ms: predictions go on with what is known, observations are refused`;
  }

  knownSeq(application: string): number {
    return Math.max(0, this.#applications.get(application)?.knownSeq ?? 0);
  }

  population(application: string, policyVersion: number): HeldState | undefined {
    return this.#applications.get(application)?.population(policyVersion);
  }

  /**
   * What answers a query of this entity. Waits for the database `withinMs` at most; then the population answers, and the
   * state serves the next query.
   */
  stateFor(application: string, entity: string | undefined, withinMs: number): StateInUse | Promise<StateInUse> {
    const followed = this.#applications.get(application);
    const policyVersion = followed?.spec.policyVersion ?? 0;
    const population = followed?.population(policyVersion);
    if (followed === undefined || population === undefined) throw new Error(`${application} is not followed`);
    const general: StateInUse = { held: population, population, personalised: false };
    if (entity === undefined || followed.spec.foldings.get(policyVersion)?.isPersonal !== true) return general;
    const ref = { policyVersion, entity };
    const held = this.#held.get(application, ref);
    if (held !== undefined) return held === ABSENT ? general : { held, population, personalised: true };
    return this.#loadWithin(followed, ref, withinMs, general);
  }

  /**
   * For operators: a state of any policy version, read where it is not here, all that are asked for in a turn together.
   * Undefined: nothing is known of the entity (or of that version). Rejects when the database fails.
   */
  async inspect(application: string, ref: StateRef): Promise<HeldState | undefined> {
    const followed = this.#applications.get(application);
    if (followed === undefined) return undefined;
    if (ref.entity === POPULATION) return followed.population(ref.policyVersion);
    const known = this.#known(followed, ref);
    if (known !== undefined) return known;
    return this.#take(followed, ref, await (this.#loader.load(application, ref) ?? tooManyReadings()));
  }

  async #loadWithin(
    followed: FollowedApplication,
    ref: StateRef,
    withinMs: number,
    general: StateInUse,
  ): Promise<StateInUse> {
    const loading = this.#loader.load(followed.spec.name, ref);
    if (loading === undefined) return general;
    const { clock } = this.#options;
    const taken = loading.then((reading) => this.#take(followed, ref, reading)).catch(() => undefined);
    const held = await new Promise<HeldState | undefined>((resolve) => {
      const cancel = clock.at(clock.nowMs() + withinMs, () => resolve(undefined));
      void taken.then((state) => {
        cancel();
        resolve(state);
      });
    });
    return held === undefined ? general : { held, population: general.population, personalised: true };
  }

  async #take(
    followed: FollowedApplication,
    ref: StateRef,
    reading: StateReading | undefined,
  ): Promise<HeldState | undefined> {
    const { name } = followed.spec;
    const [folded] = reading?.kept === undefined ? [] : await this.#caughtUp(followed, [reading], NOTHING_KNOWN);
    // What others append between its reading and now is looked for among what is held, where it is not yet.
    this.#held.put(name, ref, folded === undefined ? ABSENT : unfollowed(folded.held));
    return folded?.held;
  }

  wanted(application: string, observations: readonly NewObservation[]): readonly WantedState[] {
    const followed = this.#applications.get(application);
    const asked = followed && askedStates(followed, observations, (ref) => this.#known(followed, ref));
    this.#asked.set(application, asked ?? NOTHING_ASKED);
    return asked?.wanted ?? [];
  }

  async fold(
    application: string,
    readings: readonly StateReading[],
    fresh: readonly AppendedObservation[],
  ): Promise<LearnedGroup> {
    const followed = this.#applications.get(application);
    const { known, looks } = this.#asked.get(application) ?? NOTHING_ASKED;
    if (followed === undefined) return NOTHING_LEARNED;
    const folding = this.#newFold(followed, known);
    const beganMs = this.#options.clock.nowMs();
    await folding.catchUp(readings);
    await folding.learn(fresh);
    const { states, ...told } = folding.finish();
    const foldedMs = this.#options.clock.nowMs() - beganMs;
    const last = fresh.at(-1)?.seq;
    return {
      committed: () => {
        // Behind the group, in its transaction: places that are known too.
        const end = last === undefined ? undefined : last + told.events.length;
        this.#committed(followed, looks, states, fresh[0]?.seq, end);
        followed.figures.record(fresh, told.events, foldedMs);
        if (told.rebuilds.length > 0) this.#options.rebuildSoon?.();
      },
      // Only copies were changed; what was stored all the same is read when it is next needed.
      abandoned: () => undefined,
      ...told,
    };
  }

  /** Resolves when an application's log is known up to `seq`, or after `withinMs`. */
  async reach(application: string, seq: number, withinMs: number): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.nowMs() + withinMs;
    while (this.knownSeq(application) < seq && clock.nowMs() < untilMs && !this.#failing) {
      await new Promise<void>((resolve) => {
        const cancel = clock.at(untilMs, resolve);
        void this.refresh().finally(() => {
          cancel();
          clock.at(clock.nowMs() + REACH_STEP_MS, resolve);
        });
      });
    }
  }

  /** Reads what other servers have appended. Calls that come meanwhile share one more reading. */
  refresh(): Promise<void> {
    if (this.#refreshing !== undefined) {
      this.#again = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#refreshAll().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  refreshSoon(): void {
    if (this.#subscription !== undefined && !this.#stopped) void this.refresh();
  }

  async #refreshAll(): Promise<void> {
    do {
      this.#again = false;
      try {
        await refresh([...this.#applications.values()], {
          store: this.#options.store,
          clock: this.#options.clock,
          held: this.#held,
          caughtUp: (followed, readings, known) => this.#caughtUp(followed, readings, known),
        });
        this.#failing = false;
      } catch (error) {
        if (!this.#failing) {
          const why = messageOf(error);
          this.#options.warn(`what was learned elsewhere cannot be read, answers come from what is known: ${why}`);
        }
        this.#failing = true;
      }
    } while (this.#again && !this.#stopped);
  }

  #beat(): void {
    if (this.#stopped) return;
    const { clock } = this.#options;
    this.#cancelHeartbeat = clock.at(clock.nowMs() + HEARTBEAT_MS, () => {
      void this.refresh().then(() => this.#beat());
    });
  }

  #newFold(followed: FollowedApplication, known: ReadonlyMap<string, HeldState>): GroupFold {
    const foldingOf = (policyVersion: number) => followed.spec.foldings.get(policyVersion);
    return new GroupFold({ clock: this.#options.clock, policyVersion: followed.spec.policyVersion, foldingOf, known });
  }

  async #caughtUp(
    followed: FollowedApplication,
    readings: readonly StateReading[],
    known: ReadonlyMap<string, HeldState>,
  ): Promise<readonly FoldedState[]> {
    const folding = this.#newFold(followed, known);
    await folding.catchUp(readings.filter((reading) => bringsNews(reading, known)));
    return folding.finish().states;
  }

  #known(followed: FollowedApplication, ref: StateRef): HeldState | undefined {
    if (ref.entity === POPULATION) return followed.knownPopulation(ref.policyVersion);
    const held = this.#held.get(followed.spec.name, ref);
    return held === ABSENT ? undefined : held;
  }

  #committed(
    followed: FollowedApplication,
    looks: number,
    states: readonly FoldedState[],
    firstSeq: number | undefined,
    lastSeq: number | undefined,
  ): void {
    const isFollowed = followed.looks === looks;
    for (const { ref, held } of states) {
      if (ref.entity === POPULATION) followed.putPopulation(ref.policyVersion, held);
      else this.#held.put(followed.spec.name, ref, isFollowed ? held : unfollowed(held));
    }
    if (firstSeq === undefined || lastSeq === undefined) return;
    followed.isAlone = firstSeq === followed.knownSeq + 1;
    if (!followed.isAlone) return;
    followed.knownSeq = lastSeq;
    followed.confirmedMs = this.#options.clock.nowMs();
  }

  #forget(name: string): void {
    this.#applications.delete(name);
    this.#held.forgetApplication(name);
  }
}

const NOTHING_KNOWN: ReadonlyMap<string, HeldState> = new Map();
const NOTHING_ASKED: AskedStates = { wanted: [], known: NOTHING_KNOWN, looks: 0 };
const NOTHING_LEARNED: LearnedGroup = {
  writes: [],
  events: [],
  rebuilds: [],
  committed: () => undefined,
  abandoned: () => undefined,
};
