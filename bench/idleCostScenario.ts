import { constant } from "./arrivals.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { cpuTime } from "./cpuTime.js";
import { round, show, showSpread, spreadOf } from "./statistics.js";
import { startStubRig } from "./stubRig.js";

const RATES = [0, 20] as const;
const WARM_UP = { perSecond: 1000, seconds: 10 };
const APPLICATION = "idle";

export const IDLE_COST: Scenario = {
  name: "idle-cost",
  summary: "CPU of the server and of a no-op wrapper with 20 queries a second, and with none",
  repetition: { runs: 3, seconds: 10 },
  goals: [{ figure: ["coreShare", "20"], atMost: 0.03 }],
  measure,
};

interface Shares {
  readonly server: number;
  readonly wrapper: number;
}

async function measure(bench: Bench): Promise<Outcome> {
  const { runs, seconds } = bench.settings;
  const rig = await startStubRig(bench);
  const wrapper = await rig.serveStub(APPLICATION, []);
  // What has run often is compiled: a server that has been up for a day is what is asked about.
  await rig.offer(APPLICATION, constant(WARM_UP.perSecond, WARM_UP.seconds));
  const rows: { rate: number; measured: Shares[] }[] = RATES.map((rate) => ({ rate, measured: [] }));
  for (let i = 0; i < runs; i++) {
    for (const { rate, measured } of rows) {
      const before = { server: cpuTime(rig.server.pid), wrapper: cpuTime(wrapper.pid), ms: performance.now() };
      if (rate > 0) await rig.offer(APPLICATION, constant(rate, seconds));
      else await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      const passed = (performance.now() - before.ms) / 1000;
      const share = (pid: number, from: typeof before.server): number =>
        (cpuTime(pid).processSeconds - from.processSeconds) / passed;
      measured.push({ server: share(rig.server.pid, before.server), wrapper: share(wrapper.pid, before.wrapper) });
      bench.progress(`  ${rate} a second: ${show(round(measured.at(-1)?.server ?? NaN))} of a core`);
    }
  }
  const figures = rows.map(({ rate, measured }) => ({
    rate: String(rate),
    both: spreadOf(measured.map(({ server, wrapper }) => server + wrapper)),
    server: spreadOf(measured.map(({ server }) => server)),
    wrapper: spreadOf(measured.map(({ wrapper }) => wrapper)),
  }));
  return {
    result: { coreShare: Object.fromEntries(figures.map(({ rate, both }) => [rate, both.median])), byRate: figures },
    table: [
      ["queries a second", "share of a core", "server", "wrapper"],
      ...figures.map((one) => [one.rate, showSpread(one.both), showSpread(one.server), showSpread(one.wrapper)]),
    ],
  };
}
