import type {
  FeedbackLog,
  LoggedObservation,
  PolicyVersionRecord,
  RebuildRefit,
  StateRef,
} from "../domain/learningPorts.js";
import { POPULATION } from "../domain/learningPorts.js";
import type { StateStore } from "../domain/learningPorts.js";
import type { Clock } from "../domain/ports.js";
import { adoptPrior, isIllConditioned } from "./heldState.js";
import type { StateFolding } from "./heldState.js";
import { Slices } from "./slices.js";

export interface RebuildDependencies {
  readonly clock: Clock;
  readonly store: Pick<StateStore, "read" | "heads" | "replace" | "correctedSince" | "pendingRebuilds" | "priors">;
  readonly log: FeedbackLog;
  /** The server stops: what is under way is left to another one, or to the next start. */
  readonly isStopped: () => boolean;
}

export interface Rebuild {
  readonly application: string;
  readonly ref: StateRef;
  readonly folding: StateFolding;
  /** Of the application: a fork's state holds what those that it descends from had learned. */
  readonly versions: readonly PolicyVersionRecord[];
}

/** REPLACED; GONE: nothing waits any more; BUSY: the log went on each time; STOPPED. */
export type RebuildOutcome = "REPLACED" | "GONE" | "BUSY" | "STOPPED";

const PAGE_ROWS = 500;
const MAX_ATTEMPTS = 50;

/**
 * Learns one state anew from its birth by what is left of the log, and puts it in the place of the kept one. While the
 * log goes on, the rest is folded and it is tried again; from the birth where something was corrected meanwhile, which may
 * have been folded already. Any number of servers may do the same at once: the first replaces, the others find it done.
 */
export async function rebuildState(deps: RebuildDependencies, rebuild: Rebuild): Promise<RebuildOutcome> {
  const { application, ref } = rebuild;
  let fold = await StateFold.begin(deps, rebuild);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (fold === undefined) return "GONE";
    if (!(await fold.catchUp())) return "STOPPED";
    const stronger = fold.strengthened();
    if (stronger !== undefined) {
      fold = stronger;
      continue;
    }
    if (await fold.replace()) return "REPLACED";
    const waiting = await deps.store.pendingRebuilds(application);
    if (!waiting.some((one) => one.policyVersion === ref.policyVersion && one.entity === ref.entity)) return "GONE";
    // Later corrections move the log's end on once more, and are seen the next time.
    if (await deps.store.correctedSince(application, fold.beganSeq)) fold = await StateFold.begin(deps, rebuild);
  }
  return "BUSY";
}

/** One state on its way from its birth to the log's end. */
class StateFold {
  /** Where the log ended when it began: nothing that was corrected before is folded. */
  readonly beganSeq: number;
  readonly #deps: RebuildDependencies;
  readonly #rebuild: Rebuild;
  readonly #birth: { readonly birth: Uint8Array; readonly birthSeq: number };
  readonly #state: ReturnType<StateFolding["init"]>;
  readonly #learns: (row: LoggedObservation) => boolean;
  readonly #refit: RebuildRefit | undefined;
  #seq: number;

  private constructor(
    deps: RebuildDependencies,
    rebuild: Rebuild,
    born: { readonly birth: Uint8Array; readonly birthSeq: number },
    beganSeq: number,
    refit?: RebuildRefit,
  ) {
    this.#deps = deps;
    this.#rebuild = rebuild;
    this.#birth = born;
    this.#state = rebuild.folding.decode(born.birth);
    this.#learns = learnedBy(rebuild.ref.policyVersion, rebuild.versions);
    this.#seq = born.birthSeq;
    this.beganSeq = beganSeq;
    this.#refit = refit;
  }

  /** Undefined if no state is kept (any more): it was reset or deleted. */
  static async begin(deps: RebuildDependencies, rebuild: Rebuild): Promise<StateFold | undefined> {
    const { application, ref } = rebuild;
    const head = (await deps.store.heads([application])).get(application) ?? 0;
    const [reading] = await deps.store.read(application, [{ ...ref, knownSeq: undefined }]);
    const kept = reading?.kept;
    return kept && new StateFold(deps, rebuild, { birth: kept.birth, birthSeq: kept.birthSeq }, head);
  }

  /** False: stopped. */
  async catchUp(): Promise<boolean> {
    const { store, log, clock } = this.#deps;
    const { application, ref, folding } = this.#rebuild;
    const untilSeq = (await store.heads([application])).get(application) ?? 0;
    const isPopulation = ref.entity === POPULATION;
    const entity = isPopulation ? {} : { entity: ref.entity };
    const priors = isPopulation ? await store.priors(application, ref.policyVersion, this.#seq, untilSeq) : [];
    let adopted = 0;
    const adoptUntil = (seq: number): void => {
      for (let prior = priors[adopted]; prior !== undefined && prior.seq < seq; prior = priors[++adopted]) {
        adoptPrior(folding, this.#state, prior.prior);
      }
    };
    const slices = new Slices(clock);
    for await (const page of log.read(application, { afterSeq: this.#seq, untilSeq, ...entity }, PAGE_ROWS)) {
      for (const row of page) {
        adoptUntil(row.seq);
        const lesson = this.#learns(row) ? folding.read(row.truth, row.evidence, row) : undefined;
        if (lesson !== undefined) folding.observe(this.#state, lesson);
        if (slices.isOver) await slices.pause();
      }
      if (this.#deps.isStopped()) return false;
    }
    adoptUntil(Infinity);
    this.#seq = Math.max(this.#seq, untilSeq);
    return true;
  }

  /**
   * Where the regression has lost too many digits: the same once more, born with more precision around the same prior,
   * which its new birth keeps, so that it stays a fold of the log. Undefined: it is well, or would be no better.
   */
  strengthened(): StateFold | undefined {
    const { folding } = this.#rebuild;
    const { conditioning } = folding;
    if (conditioning === undefined || !isIllConditioned(folding, this.#state)) return undefined;
    const birth = folding.decode(this.#birth.birth);
    const precision = conditioning.strengthen(birth, this.#state);
    if (precision === undefined) return undefined;
    const born = { birth: folding.encode(birth), birthSeq: this.#birth.birthSeq };
    const refit = { condition: conditioning.condition(this.#state), precision };
    return new StateFold(this.#deps, this.#rebuild, born, this.beganSeq, refit);
  }

  replace(): Promise<boolean> {
    const { application, ref, folding } = this.#rebuild;
    const state = folding.encode(this.#state);
    return this.#deps.store.replace(application, { ...ref, ...this.#birth, seq: this.#seq, state }, this.#refit);
  }
}

/**
 * Whether a row is of a version's learning: by itself, before it was forked by those that it descends from, or when it
 * (or one of those) was made by replaying the log.
 */
export function learnedBy(
  policyVersion: number,
  versions: readonly PolicyVersionRecord[],
): (row: Pick<LoggedObservation, "seq" | "learnedBy">) => boolean {
  const lineage = [{ version: policyVersion, untilSeq: Infinity }];
  for (let at = versionOf(versions, policyVersion); at?.origin.kind === "FORKED";) {
    lineage.push({ version: at.origin.from, untilSeq: at.sinceSeq });
    at = versionOf(versions, at.origin.from);
  }
  const replayed = versionOf(versions, policyVersion)?.replayed;
  const isReplayed = (seq: number) => replayed !== undefined && seq > replayed.afterSeq && seq <= replayed.untilSeq;
  return (row) =>
    isReplayed(row.seq) ||
    lineage.some(({ version, untilSeq }) => row.seq <= untilSeq && row.learnedBy.includes(version));
}

function versionOf(versions: readonly PolicyVersionRecord[], version: number): PolicyVersionRecord | undefined {
  return versions.find((candidate) => candidate.version === version);
}
