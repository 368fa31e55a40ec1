import { setUpApplication } from "../application.js";
import { poisson } from "../arrivals.js";
import type { Bench } from "../bench.js";
import { HttpSender } from "../httpSender.js";
import { WIDTH } from "../noopWrapper.js";
import { runOpenLoop } from "../openLoop.js";
import { PREDICT_MANY } from "../operations.js";
import { seededRandom } from "../simulation/seededRandom.js";
import { round, showSpread, spreadOf } from "../statistics.js";
import { CAPACITY, NOISY_STUB, SLO_MS } from "../stubRig.js";
import type { StubRig } from "../stubRig.js";
import { latenciesWithin } from "./sides.js";
import type { Latencies } from "./sides.js";

const APPLICATION = "priorities";
/** Interactive queries beside which the bulk comes, of the capacity; the bulk alone is more than is left. */
const LOADS = { half: 0.5, twice: 2 } as const;
type Load = keyof typeof LOADS;
const LOAD_NAMES = Object.keys(LOADS) as Load[];
const BULK = 1;
const BULK_DOCUMENT_ROWS = 20;
/** Short, so that bulk ages within a run. */
const BULK_DEADLINE_MS = 4000;
const WARM_UP_SECONDS = 5;
const ANSWERS = /"source":"MODEL"/g;

interface Pair {
  readonly alone: Latencies;
  readonly beside: Latencies;
  /** Share of the bulk rows that the model answered, within their time. */
  readonly bulkAnswered: number;
}

/** What bulk costs those who wait, and that it gets its turns while they are more than can be served. */
export async function measurePriorities(bench: Bench, rig: StubRig) {
  const { runs, seconds } = bench.settings;
  const { endpoint } = await rig.startStub(APPLICATION, NOISY_STUB);
  const served = { name: APPLICATION, endpoint, sloMs: SLO_MS, bulkDeadlineMs: BULK_DEADLINE_MS };
  await setUpApplication(rig.server.graphqlUrl, served);
  await rig.offer(APPLICATION, rig.load(0.9, WARM_UP_SECONDS));
  const pairs: Record<Load, Pair[]> = { half: [], twice: [] };
  for (let i = 0; i < runs; i++) {
    for (const load of LOAD_NAMES) {
      const interactive = async (): Promise<Latencies> =>
        latenciesWithin(await rig.offer(APPLICATION, rig.load(LOADS[load], seconds)), SLO_MS);
      const alone = await interactive();
      const [beside, bulkAnswered] = await Promise.all([interactive(), offerBulk(bench, rig, i)]);
      pairs[load].push({ alone, beside, bulkAnswered });
      bench.progress(`  interactive ${LOADS[load]}x: p99 ${beside.p99Ms} ms beside bulk, ${alone.p99Ms} ms alone`);
    }
  }
  const figures = LOAD_NAMES.map((load) => {
    const of = (figure: (pair: Pair) => number) => spreadOf(pairs[load].map(figure));
    return {
      load,
      addedP99Ms: of(({ alone, beside }) => round(beside.p99Ms - alone.p99Ms)),
      goodRatio: of(({ alone, beside }) => round(beside.good / alone.good)),
      bulkAnswered: of((pair) => pair.bulkAnswered),
    };
  });
  return {
    result: Object.fromEntries(
      figures.map(({ load, addedP99Ms, goodRatio, bulkAnswered }) => [
        load,
        { addedP99Ms: addedP99Ms.median, goodRatio: goodRatio.median, bulkAnswered: bulkAnswered.median },
      ]),
    ),
    rows: figures.map(({ load, addedP99Ms, goodRatio, bulkAnswered }) => [
      `bulk ${BULK}x beside interactive ${LOADS[load]}x`,
      `p99 + ${showSpread(addedP99Ms)} ms`,
      `good, ratio ${showSpread(goodRatio)}`,
      `bulk answered ${showSpread(bulkAnswered)}`,
    ]),
  };
}

/** Resolves when every bulk row is answered or refused, which may be seconds after the last was sent. */
async function offerBulk({ settings: { seconds }, signal }: Bench, rig: StubRig, seed: number): Promise<number> {
  const sender = new HttpSender(rig.server.graphqlUrl);
  let input = seed * 1e6;
  const send = (): Promise<string> => {
    const inputs = Array.from({ length: BULK_DOCUMENT_ROWS }, () => {
      return { values: Array.from({ length: WIDTH }, (_, i) => (i === 0 ? -(input += 1) : i)) };
    });
    const variables = { input: { application: APPLICATION, inputs, priority: "BULK" } };
    return sender.post(JSON.stringify({ query: PREDICT_MANY.toString(), variables }));
  };
  const arrivals = poisson((BULK * CAPACITY) / BULK_DOCUMENT_ROWS, seconds, seededRandom(seed + 1));
  const sent = await runOpenLoop({ arrivals, send, signal }).finally(() => sender.close());
  const answered = sent.reduce((sum, { body }) => sum + (body.match(ANSWERS)?.length ?? 0), 0);
  return round(answered / (sent.length * BULK_DOCUMENT_ROWS));
}
