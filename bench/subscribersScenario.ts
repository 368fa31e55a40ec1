import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "graphql-ws";
import type { Client } from "graphql-ws";
import { WebSocket } from "ws";
import { constant } from "./arrivals.js";
import { BenchError } from "./bench.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { WATCH_METRICS } from "./operations.js";
import { collectGarbage } from "./profile.js";
import { residentMiB } from "./residentMemory.js";
import { percentile, round, show } from "./statistics.js";
import { startStubRig } from "./stubRig.js";
import type { StubRig } from "./stubRig.js";

const MANY = 1000;
const STALLED = 100;
const FEW = 10;
/** The subscription's default. */
const INTERVAL_MS = 1000;
const PREDICTIONS_PER_SECOND = 100;
const CONNECT_AT_ONCE = 50;
const APPLICATION = "watched";

export const SUBSCRIBERS: Scenario = {
  name: "subscribers",
  summary: `${show(MANY)} websockets follow metrics, ${STALLED} of them without reading, beside ${FEW} that read`,
  repetition: { runs: 1, seconds: 40 },
  goals: [
    { figure: ["grownMiB"], atMost: 64 },
    { figure: ["receivedShare"], atLeast: 0.99 },
    { figure: ["lateP99Ms"], atMost: INTERVAL_MS / 10 },
  ],
  measure,
};

/** Samples of one client, by the moment of their arrival. */
interface Subscriber {
  readonly client: Client;
  readonly arrivedMs: number[];
}

interface Watched {
  /** Of the samples that an interval each should bring. */
  readonly receivedShare: number;
  /** How much later than an interval after the one before: the interval's own place does not matter. */
  readonly lateP99Ms: number;
}

/** One run, whatever `--runs` says. The clients live in this process, so what they cost makes samples late as well. */
async function measure(bench: Bench): Promise<Outcome> {
  const rig = await startStubRig(bench, true);
  await rig.serveStub(APPLICATION, []);
  const few = await watch(bench, rig, FEW, 0);
  const beforeMiB = await rssMiB(rig);
  bench.progress(`  ${FEW} subscribers: ${show(few.lateP99Ms)} ms late, ${show(beforeMiB)} MiB`);
  let withAllMiB = NaN;
  const many = await watch(bench, rig, MANY, STALLED, async () => {
    withAllMiB = await rssMiB(rig);
  });
  const afterMiB = await rssMiB(rig);
  const grownMiB = round(withAllMiB - beforeMiB);
  const figures = [
    ["memory grown, MiB", "", show(grownMiB)],
    ["still grown when all have left, MiB", "", show(round(afterMiB - beforeMiB))],
    ["samples received, share", show(few.receivedShare), show(many.receivedShare)],
    ["p99 of lateness, ms", show(few.lateP99Ms), show(many.lateP99Ms)],
  ];
  return {
    result: { grownMiB, keptMiB: round(afterMiB - beforeMiB), ...many, baseline: few },
    table: [["", `${FEW} subscribers`, `${show(MANY)}, ${STALLED} stalled`], ...figures],
  };
}

/** `atEnd` runs while all are connected. The figures are those of the ones that read. */
async function watch(
  bench: Bench,
  rig: StubRig,
  count: number,
  stalled: number,
  atEnd?: () => Promise<void>,
): Promise<Watched> {
  const subscribers: Subscriber[] = [];
  try {
    for (let i = 0; i < count; i += CONNECT_AT_ONCE) {
      const group = Array.from({ length: Math.min(CONNECT_AT_ONCE, count - i) }, (_, k) => i + k < stalled);
      subscribers.push(...(await Promise.all(group.map((isStalled) => subscribe(rig, isStalled)))));
    }
    const startMs = performance.now();
    await rig.offer(APPLICATION, constant(PREDICTIONS_PER_SECOND, bench.settings.seconds));
    const endMs = performance.now();
    await atEnd?.();
    return figuresOf(subscribers.slice(stalled), startMs, endMs);
  } finally {
    for (const { client } of subscribers) await client.dispose();
    await sleep(INTERVAL_MS);
  }
}

function figuresOf(reading: readonly Subscriber[], startMs: number, endMs: number): Watched {
  const late: number[] = [];
  let received = 0;
  for (const { arrivedMs } of reading) {
    const within = arrivedMs.filter((ms) => ms >= startMs && ms <= endMs);
    received += within.length;
    within.forEach((ms, i) => i > 0 && late.push(ms - (within[i - 1] as number) - INTERVAL_MS));
  }
  const expected = reading.length * Math.floor((endMs - startMs) / INTERVAL_MS);
  return { receivedShare: round(received / expected), lateP99Ms: round(percentile(late, 0.99) ?? NaN) };
}

/** Resolves with the first sample. One that is stalled reads nothing after that, pings neither. */
function subscribe({ server }: StubRig, isStalled: boolean): Promise<Subscriber> {
  return new Promise((resolve, reject) => {
    let socket: WebSocket | undefined;
    const client = createClient({
      url: server.graphqlUrl.replace("http", "ws"),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      on: { connected: (connected) => (socket = connected as WebSocket) },
    });
    const arrivedMs: number[] = [];
    client.subscribe(
      { query: WATCH_METRICS.toString(), variables: { application: APPLICATION } },
      {
        next: () => {
          arrivedMs.push(performance.now());
          if (isStalled) socket?.pause();
          resolve({ client, arrivedMs });
        },
        error: (cause) => reject(new BenchError(`a subscription ended: ${String(cause)}`)),
        complete: () => undefined,
      },
    );
  });
}

async function rssMiB({ server }: StubRig): Promise<number> {
  await collectGarbage(server.inspectorUrl ?? "");
  return round(residentMiB(server.pid));
}
