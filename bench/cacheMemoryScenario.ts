import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Bench, Outcome, Scenario } from "./bench.js";
import type { CacheFigures } from "./cacheMemoryRun.js";
import { projectPath } from "./projectPath.js";
import { showSpread, spreadOf } from "./statistics.js";

const FEW = 1000;
const MANY = 1_000_000;

export const CACHE_MEMORY: Scenario = {
  name: "cache-memory",
  summary: "the exact cache full of a million tiny entries, beside a thousand and beside a plain Map",
  goals: [
    { figure: ["memoryRatio", "cache", "median"], atMost: 1.2 },
    { figure: ["rssRatio", "cache", "median"], atMost: 1.2 },
    { figure: ["lookUpOfMap", "median"], atMost: 1.2 },
    { figure: ["insertOfMap", "median"], atMost: 1.2 },
  ],
  measure,
};

type Side = "cache" | "map";

interface Run {
  readonly few: CacheFigures;
  readonly many: CacheFigures;
}

async function measure(bench: Bench): Promise<Outcome> {
  const runs: Record<Side, Run>[] = [];
  for (let i = 0; i < bench.settings.runs; i++) {
    const run = { cache: await runSide(bench, "cache"), map: await runSide(bench, "map") };
    runs.push(run);
    const say = ({ many }: Run) => `${Math.round(many.lookUpNs)} ns, ${Math.round(many.rssBytes / 1e6)} MB`;
    bench.progress(`  cache ${say(run.cache)}; map ${say(run.map)}`);
  }
  return outcomeOf(runs);
}

async function runSide(bench: Bench, side: Side): Promise<Run> {
  return { few: await runOne(bench, side, FEW), many: await runOne(bench, side, MANY) };
}

async function runOne({ signal }: Bench, side: Side, entries: number): Promise<CacheFigures> {
  const args = ["--expose-gc", projectPath("dist/bench/cacheMemoryRun.js"), side, String(entries)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal });
  return JSON.parse(stdout) as CacheFigures;
}

function outcomeOf(runs: readonly Record<Side, Run>[]): Outcome {
  const of = (figure: (run: Record<Side, Run>) => number) => spreadOf(runs.map(figure));
  const both = (figure: (run: Run) => number) => ({
    cache: of(({ cache }) => figure(cache)),
    map: of(({ map }) => figure(map)),
  });
  const figures = {
    entries: both(({ many }) => many.entries),
    memoryRatio: both(({ many }) => many.usedBytes / many.boundBytes),
    rssRatio: both(({ many }) => many.rssBytes / many.boundBytes),
    lookUpNs: both(({ many }) => many.lookUpNs),
    slowdown: both(({ few, many }) => many.lookUpNs / few.lookUpNs),
    insertNs: both(({ many }) => many.insertNs),
    longestInsertMs: both(({ many }) => many.longestInsertMs),
  };
  const ofMap = (figure: (run: CacheFigures) => number) =>
    of(({ cache, map }) => figure(cache.many) / figure(map.many));
  const lookUpOfMap = ofMap(({ lookUpNs }) => lookUpNs);
  const insertOfMap = ofMap(({ insertNs }) => insertNs);
  const names: readonly [keyof typeof figures, string][] = [
    ["entries", "entries"],
    ["memoryRatio", "heap and buffers / bound"],
    ["rssRatio", "RSS / bound"],
    ["lookUpNs", "look-up, ns"],
    ["slowdown", "look-up, a million / a thousand"],
    ["insertNs", "insertion that evicts, ns"],
    ["longestInsertMs", "longest insertion, ms"],
  ];
  return {
    result: { ...figures, lookUpOfMap, insertOfMap },
    table: [
      ["a million entries", "cache", "map"],
      ...names.map(([key, name]) => [name, showSpread(figures[key].cache), showSpread(figures[key].map)]),
      ["look-up, cache / map", showSpread(lookUpOfMap), ""],
      ["insertion, cache / map", showSpread(insertOfMap), ""],
    ],
  };
}
