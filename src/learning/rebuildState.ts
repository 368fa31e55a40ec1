import type { FeedbackLog, LoggedObservation, PolicyVersionRecord, StateRef } from "../domain/learningPorts.js";
import { POPULATION } from "../domain/learningPorts.js";
import type { StateStore } from "../domain/learningPorts.js";
import type { Clock } from "../domain/ports.js";
import type { StateFolding } from "./heldState.js";

export interface RebuildDependencies {
  readonly clock: Clock;
  readonly store: Pick<StateStore, "read" | "heads" | "replace" | "correctedSince" | "pendingRebuilds">;
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
/** Longer folds let the event loop have its turn in between. */
const SLICE_MS = 2;
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
  #seq: number;

  private constructor(
    deps: RebuildDependencies,
    rebuild: Rebuild,
    born: { readonly birth: Uint8Array; readonly birthSeq: number },
    beganSeq: number,
  ) {
    this.#deps = deps;
    this.#rebuild = rebuild;
    this.#birth = born;
    this.#state = rebuild.folding.decode(born.birth);
    this.#learns = learnedBy(rebuild.ref.policyVersion, rebuild.versions);
    this.#seq = born.birthSeq;
    this.beganSeq = beganSeq;
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
    const entity = ref.entity === POPULATION ? {} : { entity: ref.entity };
    let sliceBeganMs = clock.nowMs();
    for await (const page of log.read(application, { afterSeq: this.#seq, untilSeq, ...entity }, PAGE_ROWS)) {
      for (const row of page) {
        const lesson = this.#learns(row) ? folding.read(row.truth, row.evidence) : undefined;
        if (lesson !== undefined) folding.observe(this.#state, lesson);
        if (clock.nowMs() - sliceBeganMs < SLICE_MS) continue;
        await new Promise<void>((resolve) => clock.turnEnd(resolve));
        sliceBeganMs = clock.nowMs();
      }
      if (this.#deps.isStopped()) return false;
    }
    this.#seq = Math.max(this.#seq, untilSeq);
    return true;
  }

  replace(): Promise<boolean> {
    const { application, ref, folding } = this.#rebuild;
    const state = folding.encode(this.#state);
    return this.#deps.store.replace(application, { ...ref, ...this.#birth, seq: this.#seq, state });
  }
}

/** Whether a row is of a version's learning: by itself, or before it was forked by those that it descends from. */
export function learnedBy(
  policyVersion: number,
  versions: readonly PolicyVersionRecord[],
): (row: Pick<LoggedObservation, "seq" | "learnedBy">) => boolean {
  const lineage = [{ version: policyVersion, untilSeq: Infinity }];
  for (let at = versionOf(versions, policyVersion); at?.origin.kind === "FORKED";) {
    lineage.push({ version: at.origin.from, untilSeq: at.sinceSeq });
    at = versionOf(versions, at.origin.from);
  }
  return (row) => lineage.some(({ version, untilSeq }) => row.seq <= untilSeq && row.learnedBy.includes(version));
}

function versionOf(versions: readonly PolicyVersionRecord[], version: number): PolicyVersionRecord | undefined {
  return versions.find((candidate) => candidate.version === version);
}
