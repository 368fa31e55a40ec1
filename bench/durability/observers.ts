import { z } from "zod";
import type { Random } from "../../src/domain/ports.js";
import type { FeedbackApplication } from "../feedback/feedbackApplications.js";
import { truthOf } from "../feedback/members.js";
import { OBSERVE, PREDICT_RECEIPT } from "../feedback/operations.js";
import { HttpSender } from "../httpSender.js";
import { seededRandom } from "../simulation/seededRandom.js";
import type { Acknowledgements } from "./acknowledgements.js";

const PREDICTED = z.object({ data: z.object({ predict: z.object({ receipt: z.string() }) }) });
const OBSERVED = z.object({ data: z.object({ observe: z.object({ seq: z.number() }) }) });

const ENTITIES = 40;
/** Of the observations, sent twice at the same moment. */
const TWICE = 0.1;

interface Sent {
  readonly application: string;
  readonly key: string;
  readonly body: string;
}

export interface ObserversOptions {
  readonly url: string;
  readonly applications: readonly FeedbackApplication[];
  readonly clients: number;
  readonly acknowledgements: Acknowledgements;
  /** Different for each round. */
  readonly round: number;
}

/**
 * Clients that predict and tell the truth, one after the other, and note what was acknowledged. What gets no answer, or
 * one that says try again, is kept: the caller says which server it goes to next.
 */
export class Observers {
  readonly #options: ObserversOptions;
  readonly #random: Random;
  readonly #sender: HttpSender;
  readonly #unanswered = new Map<string, Sent>();
  readonly #clients: Promise<void>[] = [];
  readonly #acknowledged = new Set<string>();
  #running = true;
  #firstAfter: (() => void) | undefined;

  constructor(options: ObserversOptions) {
    this.#options = options;
    this.#random = seededRandom(options.round);
    this.#sender = new HttpSender(options.url);
  }

  /** Keys. */
  get acknowledged(): readonly string[] {
    return [...this.#acknowledged];
  }

  start(): void {
    for (let client = 0; client < this.#options.clients; client++) this.#clients.push(this.#run(client));
  }

  /** Resolves at the next acknowledgement from now on. */
  nextAcknowledgement(): Promise<void> {
    return new Promise((resolve) => (this.#firstAfter = resolve));
  }

  /** Resolves when all clients have had their last answer, or have lost their connection; gives what was never acknowledged. */
  async stop(): Promise<readonly Sent[]> {
    this.#running = false;
    await Promise.all(this.#clients);
    this.#sender.close();
    return [...this.#unanswered.values()];
  }

  /** What had no answer is sent again, with the same keys. */
  async sendAgain(sent: readonly Sent[]): Promise<void> {
    for (const one of sent) await this.#observe(one);
  }

  async #run(client: number): Promise<void> {
    const { applications, round } = this.#options;
    for (let count = 0; this.#running; count++) {
      const application = applications[(client + count) % applications.length] as FeedbackApplication;
      const item = Math.floor(this.#random() * 1e6);
      const receipt = await this.#predict(application.name, item);
      // Nobody answers: not as fast as can be, since the dead take no time.
      if (receipt === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
      else await this.#tell(application, item, receipt, `${round}-${client}-${count}`);
    }
  }

  async #tell(application: FeedbackApplication, item: number, receipt: string, key: string): Promise<void> {
    const truth = truthOf(application.output, application.features, item, seededRandom);
    const body = JSON.stringify({ query: OBSERVE.toString(), variables: { input: { of: { receipt }, key, truth } } });
    const sent = { application: application.name, key, body };
    const times = this.#random() < TWICE ? 2 : 1;
    await Promise.all(Array.from({ length: times }, () => this.#observe(sent)));
  }

  async #predict(application: string, item: number): Promise<string | undefined> {
    const entity = `user-${Math.floor(this.#random() * ENTITIES)}`;
    const variables = { input: { application, input: { values: [item] }, entity } };
    const answer = await this.#post(JSON.stringify({ query: PREDICT_RECEIPT.toString(), variables }));
    return PREDICTED.safeParse(answer).data?.data.predict.receipt;
  }

  async #observe(sent: Sent): Promise<void> {
    const { application, key } = sent;
    const answer = OBSERVED.safeParse(await this.#post(sent.body));
    if (!answer.success) {
      this.#unanswered.set(key, sent);
      return;
    }
    this.#unanswered.delete(key);
    this.#acknowledged.add(key);
    this.#options.acknowledgements.add({ application, key, seq: answer.data.data.observe.seq });
    this.#firstAfter?.();
    this.#firstAfter = undefined;
  }

  /** Undefined where the connection was lost before the answer. */
  async #post(body: string): Promise<unknown> {
    try {
      return JSON.parse(await this.#sender.post(body));
    } catch {
      return undefined;
    }
  }
}
