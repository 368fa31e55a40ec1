import postgres from "postgres";
import { percentile, round } from "../statistics.js";

export interface Rate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Of the size of an observation of `ensemble`. */
const EVIDENCE = JSON.stringify({ members: "x".repeat(300) });

/** As pgbench does it: so many connections, each commits one row after the other, durably. */
export async function commitRows(url: string, clients: number, seconds: number, signal: AbortSignal): Promise<Rate> {
  const sql = postgres(url, { max: clients, fetch_types: false, onnotice: () => undefined });
  try {
    await sql`create table if not exists bench_commit (
      id bigint generated always as identity primary key, receipt_id text not null, evidence jsonb, at timestamptz default now())`;
    // All connections are made before the clock runs.
    await Promise.all(Array.from({ length: clients }, () => sql`select pg_sleep(0.05)`));
    const latenciesMs: number[] = [];
    const startMs = performance.now();
    const untilMs = startMs + seconds * 1000;
    const client = async (): Promise<void> => {
      while (performance.now() < untilMs && !signal.aborted) {
        const sentMs = performance.now();
        await sql`insert into bench_commit (receipt_id, evidence) values (${String(sentMs)}, ${EVIDENCE}::text::jsonb)`;
        latenciesMs.push(performance.now() - sentMs);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    const passedS = (performance.now() - startMs) / 1000;
    return rateOf(latenciesMs, passedS);
  } finally {
    await sql.end();
  }
}

function rateOf(latenciesMs: readonly number[], seconds: number): Rate {
  return {
    perSecond: round(latenciesMs.length / seconds),
    p50Ms: round(percentile(latenciesMs, 0.5) ?? NaN),
    p99Ms: round(percentile(latenciesMs, 0.99) ?? NaN),
  };
}
