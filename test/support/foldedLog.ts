import { POPULATION } from "../../src/domain/learningPorts.js";
import type { Truth } from "../../src/domain/storePorts.js";
import type { Database } from "../../src/store/database.js";
import { birthOf, foldHash } from "./hashLearner.js";

interface LogRow {
  readonly seq: number;
  readonly receiptId: string;
  readonly key: string;
  readonly entity: string | null;
  readonly truth: Truth;
  readonly learnedBy: readonly number[];
  readonly supersededBy: number | null;
}

export interface FoldedState {
  readonly version: number;
  readonly entity: string;
  readonly birthSeq: number;
  readonly birth: string;
  readonly state: string;
}

export async function readLogRows(database: Database, application: string): Promise<readonly LogRow[]> {
  return database.sql<LogRow[]>`
    select seq::float8 as seq, receipt_id as "receiptId", key, entity, truth, to_jsonb(learned_by) as "learnedBy",
      superseded_by::float8 as "supersededBy"
    from observation where shard_key = ${application} order by seq`;
}

/** All states as the log alone says, by the same fold as HashLearner's but none of its code paths. */
export async function foldLog(database: Database, application: string): Promise<readonly FoldedState[]> {
  const states = new Map<string, { birthSeq: number; birth: Uint8Array; state: Uint8Array }>();
  for (const row of await readLogRows(database, application)) {
    for (const version of row.learnedBy) {
      const parent = states.get(`${version} ${POPULATION}`)?.state ?? birthOf(POPULATION, new Uint8Array());
      for (const entity of row.entity === null ? [POPULATION] : [row.entity, POPULATION]) {
        const key = `${version} ${entity}`;
        const birth = birthOf(entity, parent);
        const before = states.get(key) ?? { birthSeq: row.seq - 1, birth, state: birth };
        states.set(key, { ...before, state: foldHash(before.state, row) });
      }
    }
  }
  return [...states].map(([key, { birthSeq, birth, state }]) => ({
    version: Number(key.slice(0, key.indexOf(" "))),
    entity: key.slice(key.indexOf(" ") + 1),
    birthSeq,
    birth: Buffer.from(birth).toString("hex"),
    state: Buffer.from(state).toString("hex"),
  }));
}

/** All states as they are kept, without what was folded after them. */
export async function readKept(database: Database, application: string): Promise<readonly FoldedState[]> {
  return database.sql<FoldedState[]>`
    select policy_version as version, entity, birth_seq::float8 as "birthSeq", encode(birth, 'hex') as birth,
      encode(state, 'hex') as state
    from policy_state where shard_key = ${application}`;
}

/** What is left of the log after corrections, folded onto the births that are kept: births stay as they were. */
export async function foldFromBirths(database: Database, application: string): Promise<readonly FoldedState[]> {
  const rows = (await readLogRows(database, application)).filter(({ supersededBy }) => supersededBy === null);
  return (await readKept(database, application)).map((kept) => {
    const { version, entity, birthSeq, birth } = kept;
    const own = rows.filter(
      (row) =>
        row.seq > birthSeq && row.learnedBy.includes(version) && (entity === POPULATION || row.entity === entity),
    );
    const state = own.reduce<Uint8Array>((before, row) => foldHash(before, row), Buffer.from(birth, "hex"));
    return { ...kept, state: Buffer.from(state).toString("hex") };
  });
}

/** In one order, for comparing. */
export function sorted(states: readonly FoldedState[]): readonly FoldedState[] {
  return [...states].sort((a, b) => a.version - b.version || (a.entity < b.entity ? -1 : 1));
}
