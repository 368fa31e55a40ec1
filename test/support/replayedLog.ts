import type { FeedbackLog, KeptState, LoggedObservation, LogRange } from "../../src/domain/learningPorts.js";
import type { ReplayWork } from "../../src/domain/replayPorts.js";
import type { Random } from "../../src/domain/ports.js";
import type { Truth } from "../../src/domain/storePorts.js";
import { packFloats } from "../../src/correction/evidence.js";

export const LABELS = ["a", "b", "c"] as const;
export const MODELS = ["m0", "m1", "m2"] as const;

export function score(label: number, sure = 0.8): number[] {
  return LABELS.map((_, i) => (i === label ? sure : (1 - sure) / (LABELS.length - 1)));
}

export interface LogRow {
  readonly truth: Truth;
  readonly entity?: string | undefined;
  readonly answers: readonly (readonly [model: string, scores: readonly number[]])[];
  readonly choice?: readonly [arm: string, propensity: number, arms: number] | undefined;
  readonly context?: readonly number[] | undefined;
}

/** As the log would have it. The answer of several members is their mean's. */
export function logged(seq: number, { truth, entity, answers, choice, context }: LogRow): LoggedObservation {
  const mean = LABELS.map((_, i) => answers.reduce((sum, [, scores]) => sum + (scores[i] ?? 0), 0) / answers.length);
  const evidence = {
    source: "MODEL",
    members: answers.map(([model, scores]) => ({ model, version: 1, values: packFloats(scores) })),
    agreement: 0.7,
    ...(choice && { choice }),
    ...(context && { context: packFloats(context) }),
    ...(answers.length > 1 && { answer: packFloats(mean) }),
  };
  const about = { receiptId: `r${seq}`, key: "", policyVersion: 1, learnedBy: [1], observedAtMs: seq };
  return { ...about, seq, entity, truth, evidence };
}

/** Truths with models of different skill, for some users or none. */
export function randomRow(random: Random, entities: number, choosing: boolean): LogRow {
  const right = Math.floor(random() * LABELS.length);
  const truth: Truth = { kind: "LABEL", label: LABELS[right] as string };
  const who = Math.floor(random() * (entities + 1));
  const all = MODELS.map((model, i) => {
    const label = random() < 0.9 - 0.25 * i ? right : Math.floor(random() * LABELS.length);
    return [model, score(label)] as const;
  });
  const entity = who === entities ? undefined : `u${who}`;
  if (!choosing) return { truth, entity, answers: all };
  const at = Math.floor(random() * MODELS.length);
  return { truth, entity, answers: [all[at] as (typeof all)[0]], choice: [MODELS[at] as string, 1 / 3, 3] };
}

export class ArrayLog implements FeedbackLog {
  readonly rows: readonly LoggedObservation[];

  constructor(rows: readonly LoggedObservation[]) {
    this.rows = rows;
  }

  async *read(_application: string, range: LogRange, pageRows: number) {
    await Promise.resolve();
    const { afterSeq, untilSeq = Infinity, sinceMs = -Infinity, untilMs = Infinity } = range;
    const wanted = this.rows.filter(
      ({ seq, observedAtMs }) => seq > afterSeq && seq <= untilSeq && observedAtMs >= sinceMs && observedAtMs < untilMs,
    );
    for (let from = 0; from < wanted.length; from += pageRows) yield wanted.slice(from, from + pageRows);
  }
}

/** What a replay reads and writes, in memory: as PostgreSQL would, newer states only. */
export class MemoryWork implements ReplayWork {
  readonly log: readonly LoggedObservation[];
  readonly kept = new Map<string, KeptState>();
  readonly voidUntil = new Map<string, number>();
  /** States read. */
  readings = 0;

  constructor(log: readonly LoggedObservation[]) {
    this.log = log;
  }

  rows(afterSeq: number, untilSeq: number, limit: number): Promise<readonly LoggedObservation[]> {
    return Promise.resolve(this.log.filter(({ seq }) => seq > afterSeq && seq <= untilSeq).slice(0, limit));
  }

  staged(entities: Parameters<ReplayWork["staged"]>[0]) {
    return Promise.resolve(
      entities.map(({ entity, isKnown }) => {
        const voidUntilSeq = this.voidUntil.get(entity) ?? 0;
        const kept = isKnown ? undefined : this.kept.get(entity);
        if (kept !== undefined) this.readings += 1;
        return { voidUntilSeq, kept: (kept?.seq ?? 0) <= voidUntilSeq ? undefined : kept };
      }),
    );
  }

  write(states: readonly KeptState[]): Promise<void> {
    for (const state of states) {
      const { entity, seq } = state;
      if (seq > (this.voidUntil.get(entity) ?? 0) && seq > (this.kept.get(entity)?.seq ?? 0))
        this.kept.set(entity, state);
    }
    return Promise.resolve();
  }
}
