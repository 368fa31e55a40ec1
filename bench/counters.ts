import { BenchError } from "./bench.js";
import { bearer } from "./graphqlClient.js";

/** Where a scenario's answers are to come from. */
export type Expected = "hit" | "miss";

export interface Counters {
  readonly lookups: Readonly<Record<"hit" | "miss" | "joined", number>>;
  /** Answers by source. */
  readonly answers: ReadonlyMap<string, number>;
  /** Typed failures by code. */
  readonly failures: ReadonlyMap<string, number>;
}

export async function readCounters(origin: string, key?: string): Promise<Counters> {
  const text = await (await fetch(`${origin}/metrics`, { headers: bearer(key) })).text();
  const lookups = byLabel(text, "skysail_cache_lookups_total", "result");
  return {
    lookups: { hit: lookups.get("hit") ?? 0, miss: lookups.get("miss") ?? 0, joined: lookups.get("joined") ?? 0 },
    answers: byLabel(text, "skysail_predictions_total", "source"),
    failures: byLabel(text, "skysail_failures_total", "code"),
  };
}

function byLabel(text: string, metric: string, label: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (!line.startsWith(`${metric}{`)) continue;
    const key = new RegExp(`[{,]${label}="([^"]*)"`).exec(line)?.[1] ?? "";
    counts.set(key, (counts.get(key) ?? 0) + Number(line.slice(line.lastIndexOf(" ") + 1)));
  }
  return counts;
}

const REQUIRED_SHARE = 0.99;

/** Throws when a run measured something else than what its name says. */
export function requireExpected(before: Counters, after: Counters, predictions: number, expected: Expected): void {
  for (const [code, count] of after.failures) {
    const failed = count - (before.failures.get(code) ?? 0);
    if (failed > 0) throw new BenchError(`${failed} of ${predictions} predictions failed with ${code}`);
  }
  const source = expected === "hit" ? "CACHE" : "MODEL";
  const answers = (after.answers.get(source) ?? 0) - (before.answers.get(source) ?? 0);
  requireShare(`came from ${source}`, answers, predictions);
  const lookups = after.lookups[expected] - before.lookups[expected];
  const all = (["hit", "miss", "joined"] as const).reduce((sum, k) => sum + after.lookups[k] - before.lookups[k], 0);
  requireShare(`were cache ${expected === "hit" ? "hits" : "misses"}`, lookups, all);
}

function requireShare(what: string, part: number, whole: number): void {
  if (part > REQUIRED_SHARE * whole) return;
  throw new BenchError(`only ${part} of ${whole} predictions ${what}: the run did not measure what it should`);
}
