import { z } from "zod";
import { poisson } from "../arrivals.js";
import { BenchError } from "../bench.js";
import type { Bench } from "../bench.js";
import { PREDICT_PERSONAL } from "../feedback/operations.js";
import { HttpSender } from "../httpSender.js";
import { zipf } from "../nearCache/requests.js";
import { runOpenLoop } from "../openLoop.js";
import { seededRandom } from "../simulation/seededRandom.js";
import { percentile, round } from "../statistics.js";
import { entityName } from "./storedEntities.js";

/** Far below what the server can do: what is looked for is what an entity adds. */
const PER_SECOND = 300;
const AT_ONCE = 16;
/** Coprime to the numbers of entities: who is popular lies anywhere in the table. */
const SCATTER = 611_953;

const ANSWERED = z.object({
  data: z.object({ predict: z.object({ personalised: z.boolean(), receipt: z.string() }) }),
});

export const POPULARITIES = ["population", "uniform", "zipf"] as const;
/** Of entities; the population has no entity. */
export type Popularity = (typeof POPULARITIES)[number];

export interface Asked {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly personalised: number;
}

/** Predictions for stored entities. Each is of another input, so that models are asked. */
export class EntityLoad {
  readonly #bench: Bench;
  readonly #application: string;
  readonly #entities: Readonly<Record<Popularity, () => string | undefined>>;
  #items = 0;
  #runs = 0;

  constructor(bench: Bench, application: string, count: number) {
    this.#bench = bench;
    this.#application = application;
    const random = seededRandom(1);
    const rank = zipf(count, seededRandom(2));
    this.#entities = {
      population: () => undefined,
      uniform: () => entityName(Math.floor(random() * count)),
      zipf: () => entityName((rank() * SCATTER) % count),
    };
  }

  /** An open loop. */
  async ask(url: string, popularity: Popularity, seconds: number): Promise<Asked> {
    const sender = new HttpSender(url);
    const arrivals = poisson(PER_SECOND, seconds, seededRandom((this.#runs += 1)));
    const send = (): Promise<string> => sender.post(this.#body(this.#entities[popularity]()));
    const sent = await runOpenLoop({ arrivals, send, signal: this.#bench.signal }).finally(() => sender.close());
    const answers = sent.map(({ body }) => parse(body));
    const latencies = sent.map(({ latencyMs }) => latencyMs);
    return {
      p50Ms: round(percentile(latencies, 0.5) ?? NaN),
      p99Ms: round(percentile(latencies, 0.99) ?? NaN),
      personalised: round(answers.filter(({ personalised }) => personalised).length / answers.length),
    };
  }

  /** So many predictions as fast as they are answered; gives their receipts. */
  async flood(url: string, popularity: Popularity, count: number): Promise<readonly string[]> {
    const sender = new HttpSender(url);
    const receipts: string[] = [];
    let begun = 0;
    const client = async (): Promise<void> => {
      while (begun < count) {
        this.#bench.signal.throwIfAborted();
        begun += 1;
        receipts.push(parse(await sender.post(this.#body(this.#entities[popularity]()))).receipt);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, client)).finally(() => sender.close());
    return receipts;
  }

  #body(entity: string | undefined): string {
    const input = { application: this.#application, input: { values: [(this.#items += 1)] }, entity };
    return JSON.stringify({ query: PREDICT_PERSONAL.toString(), variables: { input } });
  }
}

function parse(body: string): { readonly personalised: boolean; readonly receipt: string } {
  const { data } = ANSWERED.safeParse(JSON.parse(body));
  if (data === undefined) throw new BenchError(`a prediction failed: ${body.slice(0, 300)}`);
  return data.data.predict;
}
