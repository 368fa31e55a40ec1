import { poisson } from "../arrivals.js";
import type { Bench } from "../bench.js";
import { BenchError } from "../bench.js";
import { HttpSender } from "../httpSender.js";
import { runOpenLoop } from "../openLoop.js";
import { PREDICT_LABEL } from "../operations.js";
import { seededRandom } from "../simulation/seededRandom.js";
import { percentile, round } from "../statistics.js";
import { ENSEMBLE, ENSEMBLE_ENTITIES } from "./observeRig.js";
import type { ObserveRig } from "./observeRig.js";

const PER_SECOND = 200;

let seed = 0;

/** p99 of predictions for the entities that are observed meanwhile, in an open loop. Each input is a new one. */
export async function predictP99Ms(bench: Bench, { server }: ObserveRig, seconds: number): Promise<number> {
  const random = seededRandom((seed += 1));
  const sender = new HttpSender(server.graphqlUrl);
  const send = (i: number): Promise<string> => {
    const entity = `user-${Math.floor(random() * ENSEMBLE_ENTITIES)}`;
    const input = { application: ENSEMBLE.name, input: { values: [seed * 1e6 + i] }, entity };
    return sender.post(JSON.stringify({ query: PREDICT_LABEL.toString(), variables: { input } }));
  };
  const arrivals = poisson(PER_SECOND, seconds, seededRandom(1000 + seed));
  const sent = await runOpenLoop({ arrivals, send, signal: bench.signal }).finally(() => sender.close());
  const failed = sent.find(({ body }) => !body.includes('"label"'));
  if (failed !== undefined) throw new BenchError(`a prediction failed: ${failed.body.slice(0, 300)}`);
  const latencies = sent.map(({ latencyMs }) => latencyMs);
  return round(percentile(latencies, 0.99) ?? NaN);
}
