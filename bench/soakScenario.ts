import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { BenchError } from "./bench.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { collectGarbage } from "./profile.js";
import { residentMiB } from "./residentMemory.js";
import { round, show } from "./statistics.js";
import { isGood, startStubRig } from "./stubRig.js";
import type { StubRig } from "./stubRig.js";

const LOAD = 0.5;
const FLOOD = 5;
const LEAVING_CLIENTS = 200;
/** Of the whole: a minute when it takes ten. */
const MINUTES = 10;
const EARLY_MINUTE = 2;
const SNAPSHOTS = 3;
const SETTLE_MS = 500;
const MIB = 2 ** 20;
const APPLICATION = "soak";
/** Small, so that it is full long before the first snapshot. */
const SETTINGS = ["--cache-bytes", String(MIB)];

export const SOAK: Scenario = {
  name: "soak",
  summary: "ten minutes under load with a fault a minute: memory and descriptors at the end, beside minute two",
  repetition: { runs: 1, seconds: 600 },
  goals: [
    { figure: ["rssRatio"], atMost: 1.05 },
    { figure: ["descriptorsRatio"], atMost: 1.05 },
  ],
  measure,
};

interface Snapshot {
  readonly minute: number;
  readonly rssMiB: number;
  readonly descriptors: number;
  /** Of the minute's queries: those answered in time, with the fault. */
  readonly goodShare: number;
}

/** One run, whatever `--runs` says: what it looks for shows only with time. */
async function measure(bench: Bench): Promise<Outcome> {
  const rig = await startStubRig(bench, true, SETTINGS);
  const faults = await faultsOf(rig);
  const { seconds } = bench.settings;
  const minuteMs = (seconds * 1000) / MINUTES;
  const snapshots: Snapshot[] = [];
  for (let minute = 1; minute <= MINUTES; minute++) {
    const fault = faults[(minute - 1) % faults.length] as Fault;
    const [sent] = await Promise.all([
      rig.offer(APPLICATION, rig.load(LOAD, minuteMs / 1000)),
      sleep(minuteMs / 4, undefined, { signal: bench.signal }).then(() => fault.run(minuteMs / 12)),
    ]);
    // The load's connections are closed by now: they are none of the server's own descriptors.
    await sleep(SETTLE_MS, undefined, { signal: bench.signal });
    const { rssMiB, descriptors } = await snapshot(rig);
    const goodShare = round(sent.filter(isGood).length / sent.length);
    snapshots.push({ minute, rssMiB, descriptors, goodShare });
    bench.progress(
      `  minute ${minute}, ${fault.name}: ${rssMiB} MiB, ${descriptors} descriptors, ${goodShare} in time`,
    );
  }
  const early = snapshots[EARLY_MINUTE - 1] as Snapshot;
  const late = snapshots.at(-1) as Snapshot;
  const ratio = (of: "rssMiB" | "descriptors"): number => round(late[of] / early[of]);
  return {
    result: {
      rssRatio: ratio("rssMiB"),
      descriptorsRatio: ratio("descriptors"),
      secondsAMinute: minuteMs / 1000,
      snapshots,
    },
    table: [
      ["minute", "RSS MiB after gc", "descriptors", "answered in time"],
      ...snapshots.map((one) => [one.minute, one.rssMiB, one.descriptors, one.goodShare].map(show)),
      [`${MINUTES} / ${EARLY_MINUTE}`, show(ratio("rssMiB")), show(ratio("descriptors")), ""],
    ],
  };
}

interface Fault {
  readonly name: string;
  /** Resolves when it is over; takes about so long. */
  readonly run: (forMs: number) => Promise<unknown>;
}

async function faultsOf(rig: StubRig): Promise<readonly Fault[]> {
  let { pid } = await rig.serveStub(APPLICATION);
  return [
    {
      name: "the wrapper is killed and started again",
      run: async (forMs) => {
        process.kill(pid, "SIGKILL");
        await sleep(forMs);
        ({ pid } = await rig.startStub(APPLICATION));
      },
    },
    {
      name: "the wrapper hangs",
      run: async (forMs) => {
        process.kill(pid, "SIGSTOP");
        await sleep(forMs);
        process.kill(pid, "SIGCONT");
      },
    },
    { name: "a flood", run: (forMs) => rig.offer(APPLICATION, rig.load(FLOOD, forMs / 1000)) },
    { name: "clients leave", run: () => leave(rig.server.graphqlUrl) },
    {
      name: "PostgreSQL is killed",
      run: async (forMs) => {
        process.kill(postgresOf(rig.server.pid), "SIGKILL");
        await sleep(forMs);
      },
    },
  ];
}

/** Clients that go away in the middle of what they send. */
function leave(url: string): Promise<unknown> {
  return Promise.all(
    Array.from(
      { length: LEAVING_CLIENTS },
      () =>
        new Promise<void>((resolve) => {
          const sent = request(url, { method: "POST", headers: { "content-type": "application/json" } });
          sent.on("error", () => resolve());
          sent.write('{"query":', () => sent.destroy(new Error("gone")));
        }),
    ),
  );
}

function postgresOf(serverPid: number): number {
  const children = readFileSync(`/proc/${serverPid}/task/${serverPid}/children`, "utf8").trim().split(" ").map(Number);
  const found = children.find((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("postgres"));
  if (found === undefined) throw new BenchError(`the server ${serverPid} has no PostgreSQL among its children`);
  return found;
}

/** The smallest of some: what is in use for a moment is not held. */
async function snapshot({ server }: StubRig): Promise<Pick<Snapshot, "rssMiB" | "descriptors">> {
  const rss: number[] = [];
  const descriptors: number[] = [];
  for (let i = 0; i < SNAPSHOTS; i++) {
    await collectGarbage(server.inspectorUrl ?? "");
    rss.push(residentMiB(server.pid));
    descriptors.push(readdirSync(`/proc/${server.pid}/fd`).length);
  }
  return { rssMiB: round(Math.min(...rss)), descriptors: Math.min(...descriptors) };
}
