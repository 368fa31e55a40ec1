import { z } from "zod";
import { failure, FailureError } from "../domain/failure.js";
import { jsonHeaders } from "./jsonHeaders.js";

/** An answer of `predict`, as the tour shows it. */
export interface ReaderAnswer {
  readonly label: string;
  /** Probability that this reader reads it. */
  readonly read: number;
  readonly confidence: number;
  readonly source: string;
  readonly personalised: boolean;
  readonly stateSeq: number;
  readonly receipt: string;
}

/** What was learned of a reader, or of all. */
export interface ReaderState {
  readonly policyVersion: number;
  readonly personalised: boolean;
  readonly observations: number;
  /** Of the label `read`; undefined while nothing was learned. */
  readonly read: { readonly intercept: number; readonly weights: readonly number[] } | undefined;
}

/** The operations of the tour, each a document that can be pasted into GraphiQL. */
const PREDICT = `query Predict($input: PredictInput!) {
  result: predict(input: $input) {
    ... on Prediction {
      output { ... on LabelOutput { label scores { label score } } }
      confidence source personalised stateSeq receipt
    }
    ... on Failure { message retryable }
  }
}`;
const OBSERVE = `mutation Observe($input: ObserveInput!) {
  result: observe(input: $input) { ... on Observation { stateSeq } ... on Failure { message retryable } }
}`;
const LEARNED = `query Learned($application: String!, $entity: ID) {
  result: learnedState(application: $application, entity: $entity) {
    ... on LearnedState { policyVersion personalised observations regression { label intercept weights } }
    ... on Failure { message retryable }
  }
}`;
const RECEIPT = `query Receipt($receipt: String!) {
  result: receiptContent(receipt: $receipt) {
    ... on ReceiptContent { application policyVersion entity source context agreement answer }
    ... on Failure { message retryable }
  }
}`;
const RESET = `mutation Reset($application: String!) {
  result: resetPolicy(input: { application: $application }) { ... on PolicyVersion { version } ... on Failure { message retryable } }
}`;
const KNOWN = "query Known($application: String!) { result: application(name: $application) { policy { kind } } }";

const SCORES = z.array(z.object({ label: z.string(), score: z.number() }));
const PREDICTION = z.object({
  output: z.object({ label: z.string(), scores: SCORES }),
  confidence: z.number().nullable(),
  source: z.string(),
  personalised: z.boolean(),
  stateSeq: z.number(),
  receipt: z.string(),
});
const OBSERVATION = z.object({ stateSeq: z.number() });
const WEIGHTS = z.object({ label: z.string().nullable(), intercept: z.number(), weights: z.array(z.number()) });
const STATE = z.object({
  policyVersion: z.number(),
  personalised: z.boolean(),
  observations: z.number(),
  regression: z.array(WEIGHTS),
});
const CONTENT = z.object({
  application: z.string(),
  policyVersion: z.number(),
  entity: z.string().nullable(),
  source: z.string(),
  context: z.array(z.number()),
  agreement: z.number(),
  answer: z.array(z.number()),
});
const KNOWN_APPLICATION = z.object({ policy: z.object({ kind: z.string() }) }).nullable();
const RESPONSE = z.object({
  data: z.object({ result: z.unknown() }).nullish(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});
const FAILED = z.object({ message: z.string(), retryable: z.boolean() });
/** What a busy machine did not do in time is asked for again. */
const TRIES = 10;
const TRY_AGAIN_MS = 200;

export type ReceiptContent = z.infer<typeof CONTENT>;

/** A frontend's side of the API. What the server refuses is thrown, in its own words. */
export class TourClient {
  readonly #url: string;
  readonly #application: string;

  readonly #signal: AbortSignal;
  readonly #wait: (ms: number) => Promise<unknown>;

  /** @param url - of the server, without a path */
  constructor(url: string, application: string, signal: AbortSignal, wait: (ms: number) => Promise<unknown>) {
    this.#url = url;
    this.#application = application;
    this.#signal = signal;
    this.#wait = wait;
  }

  /** The kind of the application's policy; undefined: there is no such application. */
  async policyKind(): Promise<string | undefined> {
    return KNOWN_APPLICATION.parse(await this.#ask(KNOWN, { application: this.#application }))?.policy.kind;
  }

  async predict(entity: string, text: string, minStateSeq?: number): Promise<ReaderAnswer> {
    const input = { application: this.#application, entity, input: { text }, minStateSeq };
    const { output, confidence, ...rest } = PREDICTION.parse(await this.#ask(PREDICT, { input }));
    const read = output.scores.find(({ label }) => label === "read")?.score;
    if (read === undefined) throw refused(`the answer "${output.label}" has no score of "read": it is a default`);
    return { label: output.label, read, confidence: confidence ?? 0, ...rest };
  }

  /** The place in the log up to which it counts. `supersedes`: it takes the place of the one observed without a key. */
  async observe(receipt: string, label: string, correction?: string): Promise<number> {
    const again = correction === undefined ? {} : { key: correction, supersedes: "" };
    const input = { of: { receipt }, truth: { label }, ...again };
    return OBSERVATION.parse(await this.#ask(OBSERVE, { input })).stateSeq;
  }

  /** @param entity - absent: of all */
  async learned(entity?: string): Promise<ReaderState> {
    const answer = await this.#ask(LEARNED, { application: this.#application, entity });
    const { regression, ...rest } = STATE.parse(answer);
    return { ...rest, read: regression.find(({ label }) => label === "read") };
  }

  async explain(receipt: string): Promise<ReceiptContent> {
    return CONTENT.parse(await this.#ask(RECEIPT, { receipt }));
  }

  /** A new version of the application's policy, with nothing learned. */
  async reset(): Promise<void> {
    await this.#ask(RESET, { application: this.#application });
  }

  async #ask(query: string, variables: object): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const result = await this.#askOnce(query, variables);
      const { success, data } = FAILED.safeParse(result);
      if (!success) return result;
      if (!data.retryable || tries === TRIES) throw refused(data.message);
      await this.#wait(TRY_AGAIN_MS);
    }
  }

  async #askOnce(query: string, variables: object): Promise<unknown> {
    const { data, errors } = parseResponse(this.#url, await this.#post(JSON.stringify({ query, variables })));
    if (errors !== undefined) throw refused(errors.map(({ message }) => message).join("; "));
    return data?.result;
  }

  async #post(body: string): Promise<string> {
    const headers = jsonHeaders();
    try {
      const response = await fetch(`${this.#url}/graphql`, { method: "POST", headers, body, signal: this.#signal });
      return await response.text();
    } catch (error) {
      throw new FailureError(failure("INTERNAL", `the server at ${this.#url} no longer answers`), { cause: error });
    }
  }
}

function parseResponse(url: string, text: string): z.infer<typeof RESPONSE> {
  try {
    return RESPONSE.parse(JSON.parse(text));
  } catch {
    throw new FailureError(failure("BAD_INPUT", `--url ${url}: what answers there is no Skysail server`));
  }
}

function refused(message: string): FailureError {
  return new FailureError(failure("INTERNAL", `the server refused a step of the tour: ${message}`));
}
