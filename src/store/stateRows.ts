import type { KeptState, LoggedObservation, StateReading, StateRef, WantedState } from "../domain/learningPorts.js";
import type { Truth, Withheld } from "../domain/storePorts.js";
import type { ReadingRow } from "./stateStatements.js";

/** Many states as one value of bytes, and a JSON text that says where each begins in it. */
export interface PackedStates {
  readonly json: string;
  readonly bytes: Uint8Array;
}

export function packStates(states: readonly KeptState[]): PackedStates {
  const total = states.reduce((sum, { birth, state }) => sum + birth.length + state.length, 0);
  const bytes = Buffer.allocUnsafe(total);
  let at = 0;
  const put = (part: Uint8Array): number => {
    bytes.set(part, at);
    at += part.length;
    return at - part.length;
  };
  const rows = states.map(({ policyVersion, entity, seq, birthSeq, birth, state }) => ({
    v: policyVersion,
    e: entity,
    s: seq,
    bs: birthSeq,
    bo: put(birth),
    bl: birth.length,
    so: put(state),
    sl: state.length,
  }));
  return { json: JSON.stringify(rows), bytes };
}

export function wantedJson(wanted: readonly WantedState[]): string {
  return JSON.stringify(
    wanted.map(({ policyVersion, entity, knownSeq }) => ({ v: policyVersion, e: entity, k: knownSeq, b: false })),
  );
}

/** For readings that begin at each state's birth, whatever is known or kept. */
export function fromBirthJson(refs: readonly StateRef[]): string {
  return JSON.stringify(refs.map(({ policyVersion, entity }) => ({ v: policyVersion, e: entity, b: true })));
}

export function refsJson(refs: readonly StateRef[]): string {
  return JSON.stringify(refs.map(({ policyVersion, entity }) => ({ v: policyVersion, e: entity })));
}

/** One for each that was asked for: those without a row are as the asker knows them. */
export function stateReadings(
  refs: readonly StateRef[],
  rows: readonly ReadingRow[],
  tailLimit: number,
): readonly StateReading[] {
  const byPlace = new Map(rows.map((row) => [row.ord, row]));
  return refs.map((ref, index) => {
    const row = byPlace.get(index + 1);
    return row === undefined ? noNews(ref) : stateReading(ref, row, tailLimit);
  });
}

/** What the asker knows is all there is. */
export function noNews({ policyVersion, entity }: StateRef): StateReading {
  return { policyVersion, entity, kept: undefined, anew: false, tail: [], complete: true };
}

function stateReading(ref: StateRef, row: ReadingRow, tailLimit: number): StateReading {
  const { policyVersion, entity } = ref;
  const rows = row.tail ?? [];
  return {
    policyVersion,
    entity,
    kept: keptState(ref, row),
    anew: row.anew,
    tail: rows.slice(0, tailLimit).map(loggedObservation),
    complete: rows.length <= tailLimit,
    ...(row.priors !== null && { priors: row.priors.map(([seq, prior]) => ({ seq, prior })) }),
  };
}

function keptState({ policyVersion, entity }: StateRef, row: ReadingRow): KeptState | undefined {
  const { seq, birthSeq, birth } = row;
  if (seq === null || birthSeq === null || birth === null) return undefined;
  return { policyVersion, entity, seq, birthSeq, birth, state: row.state ?? birth };
}

type LoggedColumns = [
  seq: number,
  receiptId: string,
  key: string,
  policyVersion: number,
  entity: string | null,
  truth: Truth,
  evidence: unknown,
  learnedBy: number[],
  observedAtMs: number,
  supersededBy?: number | null,
  counts?: boolean,
  withheld?: Withheld | null,
];

/** A row of the log as a JSON list, which takes half the space of named values. The table's checks vouch for its types. */
export function loggedObservation(row: unknown): LoggedObservation {
  const [seq, receiptId, key, policyVersion, entity, truth, evidence, learnedBy, observedAtMs, supersededBy, ...rest] =
    row as LoggedColumns;
  const [counts, withheld] = rest;
  return {
    seq,
    receiptId,
    key,
    policyVersion,
    entity: entity ?? undefined,
    truth,
    evidence,
    learnedBy,
    observedAtMs,
    ...(typeof supersededBy === "number" && { supersededBy }),
    ...(counts === false && { counts }),
    ...(typeof withheld === "string" && { withheld }),
  };
}
