import { z } from "zod";
import { poisson } from "../arrivals.js";
import type { Bench } from "../bench.js";
import { OBSERVE } from "../feedback/operations.js";
import type { ObserveInput } from "../generated/graphql.js";
import { HttpSender } from "../httpSender.js";
import { runOpenLoop } from "../openLoop.js";
import type { Sent } from "../openLoop.js";
import { PREDICT } from "../operations.js";
import { seededRandom } from "../simulation/seededRandom.js";
import { CAPACITY } from "../stubRig.js";
import { APPLICATION, inputOf, KNOWN_ENTITIES } from "./storeRig.js";
import type { StoreRig } from "./storeRig.js";

/** Of the model's capacity. */
const LOAD = 0.4;
/** One in so many predictions is for an entity that was never seen: its state would have to be read. */
const STRANGER_EVERY = 5;

const OBSERVED = z.object({
  data: z.object({ observe: z.object({ seq: z.number().optional(), code: z.string().optional() }) }),
});

export interface Predicted extends Sent {
  readonly isStranger: boolean;
}

export interface Told {
  readonly latencyMs: number;
  /** Undefined: stored. */
  readonly code: string | undefined;
}

/** Predictions and observations, both in open loops; what was acknowledged is kept. */
export class StoreLoad {
  readonly acknowledged = new Set<string>();
  readonly #bench: Bench;
  readonly #rig: StoreRig;
  #runs = 0;
  #predictions = 0;
  #observations = 0;

  constructor(bench: Bench, rig: StoreRig) {
    this.#bench = bench;
    this.#rig = rig;
  }

  async predict(seconds: number): Promise<readonly Predicted[]> {
    const first = this.#predictions + 1;
    const sent = await this.#run(LOAD * CAPACITY, seconds, (sender) => {
      const count = (this.#predictions += 1);
      const entity = isStranger(count) ? `stranger-${count}` : `known-${count % KNOWN_ENTITIES}`;
      const input = { application: APPLICATION, input: inputOf(count), entity };
      return sender.post(JSON.stringify({ query: PREDICT.toString(), variables: { input } }));
    });
    return sent.map((one, i) => ({ ...one, isStranger: isStranger(first + i) }));
  }

  async observe(ratePerSecond: number, seconds: number): Promise<readonly Told[]> {
    const sent = await this.#run(ratePerSecond, seconds, (sender) => this.#tell(sender));
    return sent.map(({ latencyMs, body }) => ({ latencyMs, code: codeOf(body) }));
  }

  /** One after the other, until one is stored. */
  async observeUntilStored(): Promise<void> {
    const sender = new HttpSender(this.#rig.graphqlUrl);
    while (codeOf(await this.#tell(sender)) !== undefined) {
      this.#bench.signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    sender.close();
  }

  /** Each known entity is observed once: the server holds its state from then on. */
  async meetEntities(): Promise<void> {
    const sender = new HttpSender(this.#rig.graphqlUrl);
    await Promise.all(this.#rig.receipts.map(() => this.#tell(sender)));
    sender.close();
  }

  async #tell(sender: HttpSender): Promise<string> {
    const { receipts } = this.#rig;
    const count = (this.#observations += 1);
    const key = `key-${count}`;
    const receipt = receipts[count % receipts.length] as string;
    const input: ObserveInput = { of: { receipt }, key, truth: { number: count % 10 } };
    const body = await sender.post(JSON.stringify({ query: OBSERVE.toString(), variables: { input } }));
    if (codeOf(body) === undefined) this.acknowledged.add(key);
    return body;
  }

  #run(ratePerSecond: number, seconds: number, send: (sender: HttpSender) => Promise<string>) {
    const sender = new HttpSender(this.#rig.graphqlUrl);
    const arrivals = poisson(ratePerSecond, seconds, seededRandom((this.#runs += 1)));
    const { signal } = this.#bench;
    return runOpenLoop({ arrivals, send: () => send(sender), signal }).finally(() => sender.close());
  }
}

function isStranger(count: number): boolean {
  return count % STRANGER_EVERY === 0;
}

function codeOf(body: string): string | undefined {
  const { data } = OBSERVED.safeParse(JSON.parse(body));
  if (data === undefined) return body;
  return data.data.observe.seq === undefined ? (data.data.observe.code ?? body) : undefined;
}
