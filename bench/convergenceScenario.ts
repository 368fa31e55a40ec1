import type { Bench, Outcome, Scenario } from "./bench.js";
import type { Sent } from "./openLoop.js";
import { show, showSpread, spreadOf } from "./statistics.js";
import { goodPerSecond, secondsUntil, SLO_MS, startStubRig, STUB } from "./stubRig.js";
import type { StubRig } from "./stubRig.js";

/** What happens to the service time, one after the other. */
const PHASES = [
  { name: "start", factor: 1 },
  { name: "doubled", factor: 2 },
  { name: "halved", factor: 1 },
] as const;
const STUB_THAT_CHANGES = [...STUB, "--factors", PHASES.map(({ factor }) => factor).join(",")];
/** Rows of the largest batch that takes at most half of the objective: the best fixed size, by the stub's line. */
const BEST_ROWS = { 1: 20, 2: 7 } as const;
/** Of the capacity: above it in every phase, so that full batches are there to learn from. */
const LOAD = 1.3;
const BASELINE_SECONDS = 4;
const REQUIRED_SHARE = 0.9;

export const CONVERGENCE: Scenario = {
  name: "convergence",
  summary: "time that AIMD takes to 90 % of the best fixed size's throughput, after the start and after a change",
  repetition: { runs: 3, seconds: 8 },
  goals: PHASES.map(({ name }) => ({ figure: ["secondsTo90Percent", name], atMost: 5 })),
  measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const rig = await startStubRig(bench);
  const best = { 1: await bestPerSecond(rig, 1), 2: await bestPerSecond(rig, 2) };
  bench.progress(
    `  the best fixed sizes: ${Math.round(best[1])} good a second, ${Math.round(best[2])} at twice the time`,
  );
  const runs: Record<string, number>[] = [];
  for (let i = 0; i < bench.settings.runs; i++) {
    runs.push(await run(bench, rig, `aimd-${i}`, best));
    bench.progress(`  seconds to 90 %: ${JSON.stringify(runs.at(-1))}`);
  }
  const phases = PHASES.map(({ name, factor }) => ({
    name,
    seconds: spreadOf(runs.map((one) => one[name] ?? Infinity)),
    bestPerSecond: best[factor],
  }));
  return {
    result: {
      secondsTo90Percent: Object.fromEntries(phases.map(({ name, seconds }) => [name, seconds.median])),
      sloMs: SLO_MS,
      phases,
    },
    table: [
      ["service time", "best fixed size, good a second", "seconds to 90 % of it"],
      ...phases.map((phase) => [phase.name, show(Math.round(phase.bestPerSecond)), showSpread(phase.seconds)]),
    ],
  };
}

/** Good answers a second with the best fixed size. */
async function bestPerSecond(rig: StubRig, factor: 1 | 2): Promise<number> {
  const name = `fixed-${factor}`;
  await rig.serveStub(name, [...STUB, "--factors", String(factor)], {
    batchSizeController: "FIXED",
    maxBatchRows: BEST_ROWS[factor],
  });
  const sent = await rig.offer(name, rig.load(LOAD, BASELINE_SECONDS));
  return goodPerSecond(sent, 1000, BASELINE_SECONDS * 1000);
}

/** One server's first queries to a new model, under a load that stays while the service time changes. */
async function run(
  { settings }: Bench,
  rig: StubRig,
  name: string,
  best: Readonly<Record<1 | 2, number>>,
): Promise<Record<string, number>> {
  const wrapper = await rig.serveStub(name, STUB_THAT_CHANGES);
  const phaseMs = settings.seconds * 1000;
  const timers = PHASES.slice(1).map((_, i) =>
    setTimeout(() => process.kill(wrapper.pid, "SIGUSR2"), (i + 1) * phaseMs),
  );
  const sent: readonly Sent[] = await rig
    .offer(name, rig.load(LOAD, settings.seconds * PHASES.length))
    .finally(() => timers.forEach((timer) => clearTimeout(timer)));
  const entries = PHASES.map(({ name: phase, factor }, i) => {
    const isBack = (fromMs: number, toMs: number): boolean =>
      goodPerSecond(sent, fromMs, toMs) >= REQUIRED_SHARE * best[factor];
    return [phase, secondsUntil(i * phaseMs, (i + 1) * phaseMs, isBack)] as const;
  });
  return Object.fromEntries(entries);
}
