/**
 * Recomputes what was learned from the feedback log alone, and compares:
 * `node dist/bench/durability/checkLog.js DATABASE_URL ACKNOWLEDGED [--python PYTHON]`. ACKNOWLEDGED has a JSON line
 * {application, key, seq} for everything that a server has acknowledged. Prints one JSON report. With --python states of
 * `ensemble` and `linear` are recomputed by test/oracles/fold.py too.
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import postgres from "postgres";
import { newFolding } from "../../src/correction/learnedState.js";
import type { LearningUse } from "../../src/correction/learnedState.js";
import type { OutputSpec } from "../../src/domain/application.js";
import type { LossSpec, PolicySpec } from "../../src/domain/policySpec.js";
import type { Acknowledged } from "./acknowledgements.js";
import { LogFold } from "./logFold.js";
import type { Differing, KeptRow, LogRow, PriorRow } from "./logFold.js";
import { oracleDifferences } from "./oracleStates.js";

export interface ApplicationReport {
  readonly application: string;
  readonly rows: number;
  readonly states: number;
  /** Keys that were acknowledged and are not where they were said to be. */
  readonly lost: readonly string[];
  /** Keys that stand in the log more than once, or were acknowledged at two places. */
  readonly doubled: readonly string[];
  /** Places of the log that nothing has. */
  readonly gaps: readonly number[];
  readonly differing: readonly Differing[];
  /** States that the Python oracle sees otherwise; undefined where it was not asked. */
  readonly oracleDiffering: readonly string[] | undefined;
}

export interface CheckReport {
  readonly acknowledged: number;
  readonly applications: readonly ApplicationReport[];
}

interface ApplicationRow {
  readonly name: string;
  readonly output: OutputSpec;
}

const PAGE_ROWS = 2000;
/** Gaps named at most. */
const NAMED = 20;

async function main(url: string, path: string, python: string | undefined): Promise<CheckReport> {
  const acknowledged = await readAcknowledged(path);
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    const rows = await sql<ApplicationRow[]>`select name, output from application order by name`;
    const applications: ApplicationReport[] = [];
    for (const row of rows) {
      applications.push(await check(sql, row, acknowledged.get(row.name) ?? [], python));
    }
    const count = [...acknowledged.values()].reduce((sum, list) => sum + list.length, 0);
    return { acknowledged: count, applications };
  } finally {
    await sql.end();
  }
}

async function readAcknowledged(path: string): Promise<ReadonlyMap<string, readonly Acknowledged[]>> {
  const found = new Map<string, Acknowledged[]>();
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const one = JSON.parse(line) as Acknowledged;
    const list = found.get(one.application);
    if (list === undefined) found.set(one.application, [one]);
    else list.push(one);
  }
  return found;
}

async function check(
  sql: postgres.Sql,
  application: ApplicationRow,
  acknowledged: readonly Acknowledged[],
  python: string | undefined,
): Promise<ApplicationReport> {
  const { name } = application;
  const uses = await readUses(sql, application);
  const kept = await readKept(sql, name);
  const fold = new LogFold(new Map([...uses].map(([version, use]) => [version, newFolding(use)])), kept);
  const places = new Map<string, number[]>();
  const taken = new Set<number>(await readEvents(sql, name));
  const priors = [...(await readPriors(sql, name))];
  const forOracle: (LogRow | PriorRow)[] = [];
  const adoptUntil = (seq: number): void => {
    for (let next = priors[0]; next !== undefined && next.seq < seq; next = priors[0]) {
      fold.adopt(next);
      forOracle.push(next);
      priors.shift();
    }
  };
  let rows = 0;
  for await (const row of readLog(sql, name)) {
    rows += 1;
    taken.add(row.seq);
    places.set(row.key, [...(places.get(row.key) ?? []), row.seq]);
    adoptUntil(row.seq);
    fold.add(row);
    if (python !== undefined) forOracle.push(row);
  }
  adoptUntil(Infinity);
  const [use] = uses.values();
  const oracleDiffering =
    python === undefined || use === undefined
      ? undefined
      : await oracleDifferences(python, use, forOracle, fold.whole());
  const { lost, doubled } = missingOf(acknowledged, places);
  const gaps = await gapsOf(sql, name, taken);
  return {
    ...{ application: name, rows, states: kept.length, lost, doubled, gaps },
    differing: fold.compare(),
    oracleDiffering,
  };
}

async function readUses(sql: postgres.Sql, application: ApplicationRow): Promise<ReadonlyMap<number, LearningUse>> {
  const versions = await sql<{ version: number; policy: PolicySpec; loss: LossSpec }[]>`
    select version, policy, loss from policy_version where shard_key = ${application.name} order by version`;
  const { output } = application;
  return new Map(versions.map(({ version, ...own }) => [version, { ...own, output }]));
}

function readKept(sql: postgres.Sql, application: string): Promise<readonly KeptRow[]> {
  return sql<KeptRow[]>`
    select policy_version as version, entity, seq::float8 as seq, birth_seq::float8 as "birthSeq", birth, state
    from policy_state where shard_key = ${application}`;
}

async function readEvents(sql: postgres.Sql, application: string): Promise<readonly number[]> {
  const rows = await sql<{ seq: number }[]>`
    select seq::float8 as seq from log_event where shard_key = ${application}`;
  return rows.map(({ seq }) => seq);
}

function readPriors(sql: postgres.Sql, application: string): Promise<readonly PriorRow[]> {
  return sql<PriorRow[]>`
    select seq::float8 as seq, (content ->> 'policyVersion')::integer as version, content -> 'prior' as prior
    from log_event where shard_key = ${application} and kind = 'PRIOR' order by seq`;
}

async function* readLog(sql: postgres.Sql, application: string): AsyncGenerator<LogRow, void, void> {
  const pages = sql<LogRow[]>`
    select seq::float8 as seq, key, entity, truth, evidence, to_jsonb(learned_by) as "learnedBy",
      superseded_by::float8 as "supersededBy"
    from observation where shard_key = ${application} order by seq`.cursor(PAGE_ROWS);
  for await (const page of pages) yield* page;
}

function missingOf(
  acknowledged: readonly Acknowledged[],
  places: ReadonlyMap<string, readonly number[]>,
): { readonly lost: readonly string[]; readonly doubled: readonly string[] } {
  const lost = new Set<string>();
  const doubled = new Set<string>();
  for (const { key, seq } of acknowledged) {
    const found = places.get(key);
    if (found === undefined) lost.add(key);
    else if (found.length > 1 || found[0] !== seq) doubled.add(key);
  }
  for (const [key, found] of places) if (found.length > 1) doubled.add(key);
  return { lost: [...lost], doubled: [...doubled] };
}

async function gapsOf(sql: postgres.Sql, application: string, taken: ReadonlySet<number>): Promise<readonly number[]> {
  const [head] = await sql<{ seq: number }[]>`
    select last_seq::float8 as seq from application_head where shard_key = ${application}`;
  const gaps: number[] = [];
  for (let seq = 1; seq <= (head?.seq ?? 0) && gaps.length < NAMED; seq++) if (!taken.has(seq)) gaps.push(seq);
  return gaps;
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { python: { type: "string" } },
});
const [url, path] = positionals;
if (url !== undefined && path !== undefined) {
  process.stdout.write(`${JSON.stringify(await main(url, path, values.python))}\n`);
}
