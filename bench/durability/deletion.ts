import postgres from "postgres";
import type { Bench } from "../bench.js";
import { check } from "./checker.js";
import type { ApplicationReport } from "./checkLog.js";

const APPLICATION = "hedge";

interface Victim {
  readonly seq: number;
  readonly key: string;
  readonly entity: string;
}

/**
 * Deletes one row and asks the checker, which must name that row, its place, and the two states that had learned from
 * it: otherwise it proves nothing. A row after which nobody was born, or everybody's birth would differ as well. The
 * problem in words; undefined: it was found exactly.
 */
export async function findDeletion(bench: Bench, url: string, acknowledged: string): Promise<string | undefined> {
  const victim = await deleteOne(url);
  if (victim === undefined) return "there is no row after the last birth";
  const { applications } = await check(bench, { url, acknowledged });
  const others = applications.filter(({ application }) => application !== APPLICATION);
  const own = applications.find(({ application }) => application === APPLICATION);
  const expected = summaryOf({
    lost: [victim.key],
    doubled: [],
    gaps: [victim.seq],
    differing: ["", victim.entity].map((entity) => ({ version: 1, entity, why: "STATE" })),
  });
  const nothing = summaryOf({ lost: [], doubled: [], gaps: [], differing: [] });
  const found = own && summaryOf(own);
  if (found !== expected) return `found ${found}, expected ${expected}`;
  const wrong = others.find((other) => summaryOf(other) !== nothing);
  return wrong && `found ${summaryOf(wrong)} in ${wrong.application}`;
}

async function deleteOne(url: string): Promise<Victim | undefined> {
  const sql = postgres(url, { max: 1 });
  try {
    const [victim] = await sql<Victim[]>`
      delete from observation where shard_key = ${APPLICATION} and seq = (
        select min(seq) from observation where shard_key = ${APPLICATION} and seq > (
          select max(birth_seq) + 1 from policy_state where shard_key = ${APPLICATION}))
      returning seq::float8 as seq, key, entity`;
    return victim;
  } finally {
    await sql.end();
  }
}

type Findings = Pick<ApplicationReport, "lost" | "doubled" | "gaps" | "differing">;

function summaryOf({ lost, doubled, gaps, differing }: Findings): string {
  const states = differing.map(({ version, entity, why }) => `${version} ${entity} ${why}`).sort();
  return JSON.stringify({ lost, doubled, gaps, states });
}
