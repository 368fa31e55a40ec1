import type { ClientDuplexStream } from "@grpc/grpc-js";
import type { Batch, BatchReply, Cancel, Clock, Random, ReplicaPort } from "../domain/ports.js";
import type { Signature } from "../domain/tensor.js";
import { signatureDifference } from "../domain/tensor.js";
import { Backoff } from "../lib/backoff.js";
import type {
  GRPCInferenceServiceClient,
  ModelInferRequest,
  ModelStreamInferResponse,
} from "../protocol/generated/inference.js";
import { fromInferResponse, toInferRequest } from "./batchMessage.js";
import { describeWrapper, openWrapperClient } from "./wrapperClient.js";
import type { WrapperDescription } from "./wrapperClient.js";

export interface ReplicaLinkOptions {
  readonly id: string;
  readonly model: string;
  readonly version: number;
  readonly endpoint: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly maxMessageBytes: number;
  /** A batch without a reply for so long counts as a lost link. */
  readonly batchTimeoutMs: number;
  /** The registered signature, if the version is registered: another one is refused. */
  readonly expectedSignature: () => Signature | undefined;
  readonly onReady: (link: ReplicaLink) => void;
  /** Called before the batches in flight are given back, so that they are not sent here again. */
  readonly onLost: (link: ReplicaLink, why: string) => void;
}

type InferStream = ClientDuplexStream<ModelInferRequest, ModelStreamInferResponse>;

interface PendingBatch {
  readonly rows: number;
  readonly done: (reply: BatchReply) => void;
  readonly cancelTimeout: Cancel;
}

type State =
  | { readonly phase: "STOPPED" }
  | {
      readonly phase: "CONNECTING";
      readonly client: GRPCInferenceServiceClient;
      /** Why the last try failed. */
      readonly why: string | undefined;
    }
  | {
      readonly phase: "READY";
      readonly client: GRPCInferenceServiceClient;
      readonly stream: InferStream;
      readonly wrapper: WrapperDescription;
      readonly pending: Map<string, PendingBatch>;
    }
  | { readonly phase: "BACKOFF"; readonly cancelRetry: Cancel; readonly why: string };

const DESCRIBE_TIMEOUT_MS = 2000;

/**
 * One live link to one wrapper process: a bidirectional stream that is kept open, since a message on it costs about
 * a tenth of a unary call.
 *
 * STOPPED -> CONNECTING (asks for the signature, compares it with the registered one) -> READY (carries batches)
 * -> BACKOFF (50 to 500 ms, with jitter, after any failure) -> CONNECTING. `stop` leads to STOPPED from everywhere.
 * Leaving READY gives every batch in flight back as lost.
 */
export class ReplicaLink implements ReplicaPort {
  readonly #options: ReplicaLinkOptions;
  readonly #backoff: Backoff;
  #state: State = { phase: "STOPPED" };

  constructor(options: ReplicaLinkOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: 50, maxMs: 500 }, options.random);
  }

  get id(): string {
    return this.#options.id;
  }

  get endpoint(): string {
    return this.#options.endpoint;
  }

  get phase(): State["phase"] {
    return this.#state.phase;
  }

  /** Why the link is not up: what the last try met. */
  get problem(): string | undefined {
    return "why" in this.#state ? this.#state.why : undefined;
  }

  get signature(): Signature {
    return this.#ready().wrapper.signature;
  }

  get concurrency(): number {
    return this.#ready().wrapper.concurrency;
  }

  start(): void {
    if (this.#state.phase === "STOPPED") void this.#connect();
  }

  stop(): void {
    const before = this.#state;
    this.#state = { phase: "STOPPED" };
    if (before.phase === "BACKOFF") before.cancelRetry();
    if (before.phase === "CONNECTING") before.client.close();
    if (before.phase === "READY") this.#release(before, "the link was closed");
  }

  send(batch: Batch, done: (reply: BatchReply) => void): void {
    const state = this.#state;
    if (state.phase !== "READY") {
      queueMicrotask(() => done({ kind: "lost", message: `replica ${this.id} is not connected` }));
      return;
    }
    const { clock, batchTimeoutMs, model, version } = this.#options;
    const id = String(batch.id);
    const cancelTimeout = clock.at(clock.nowMs() + batchTimeoutMs, () => {
      this.#fail(`replica ${this.id} did not answer a batch within ${batchTimeoutMs} ms`);
    });
    state.pending.set(id, { rows: batch.rows.length, done, cancelTimeout });
    state.stream.write(toInferRequest(model, String(version), state.wrapper.signature, batch));
  }

  /** To be called when the registered signature may have changed. */
  recheckSignature(): void {
    if (this.#state.phase !== "READY") return;
    const difference = this.#mismatch(this.#state.wrapper);
    if (difference !== undefined) this.#fail(difference);
  }

  #ready(): Extract<State, { phase: "READY" }> {
    if (this.#state.phase !== "READY") throw new Error(`replica ${this.id} is ${this.#state.phase}`);
    return this.#state;
  }

  async #connect(): Promise<void> {
    const { model, version, endpoint, maxMessageBytes, clock } = this.#options;
    const client = openWrapperClient(endpoint, maxMessageBytes);
    const connecting: State = { phase: "CONNECTING", client, why: this.problem };
    this.#state = connecting;
    try {
      const wrapper = await describeWrapper(client, model, version, clock.wallMs() + DESCRIBE_TIMEOUT_MS);
      if (this.#state !== connecting) return;
      const difference = this.#mismatch(wrapper);
      if (difference === undefined) this.#open(client, wrapper);
      else this.#retryLater(client, difference);
    } catch (error) {
      if (this.#state === connecting) this.#retryLater(client, error instanceof Error ? error.message : String(error));
    }
  }

  #mismatch(wrapper: WrapperDescription): string | undefined {
    const expected = this.#options.expectedSignature();
    const difference = expected === undefined ? undefined : signatureDifference(expected, wrapper.signature);
    return difference === undefined
      ? undefined
      : `the wrapper's signature differs from the registered one: ${difference}`;
  }

  #open(client: GRPCInferenceServiceClient, wrapper: WrapperDescription): void {
    const stream = client.modelStreamInfer();
    stream.on("data", (message: ModelStreamInferResponse) => this.#receive(stream, message));
    stream.on("error", (error: Error) => this.#streamEnded(stream, error.message));
    stream.on("end", () => this.#streamEnded(stream, "the wrapper closed the stream"));
    this.#state = { phase: "READY", client, stream, wrapper, pending: new Map() };
    this.#backoff.reset();
    this.#options.onReady(this);
  }

  #receive(stream: InferStream, message: ModelStreamInferResponse): void {
    const state = this.#state;
    if (state.phase !== "READY" || state.stream !== stream) return;
    const response = message.inferResponse;
    const id = response?.id ?? "";
    const pending = state.pending.get(id);
    if (pending === undefined) {
      // Without an id nobody can tell whose answer it is; an unknown one was given up on already.
      if (id === "") this.#fail(message.errorMessage === "" ? "the wrapper sent an empty reply" : message.errorMessage);
      return;
    }
    state.pending.delete(id);
    pending.cancelTimeout();
    pending.done(this.#replyOf(state.wrapper.signature, pending.rows, message));
  }

  #replyOf(signature: Signature, rows: number, { errorMessage, inferResponse }: ModelStreamInferResponse): BatchReply {
    const name = `model ${this.#options.model}@${this.#options.version}`;
    if (errorMessage !== "") return { kind: "failed", code: "MODEL_ERROR", message: `${name}: ${errorMessage}` };
    if (inferResponse === undefined)
      return { kind: "failed", code: "MODEL_BAD_OUTPUT", message: `${name}: empty reply` };
    const reply = fromInferResponse(signature, rows, inferResponse);
    return reply.kind === "failed" ? { ...reply, message: `${name}: ${reply.message}` } : reply;
  }

  #streamEnded(stream: InferStream, why: string): void {
    if (this.#state.phase === "READY" && this.#state.stream === stream) this.#fail(why);
  }

  #fail(why: string): void {
    const before = this.#state;
    if (before.phase !== "READY") return;
    this.#retryLater(undefined, why);
    this.#release(before, why);
  }

  #retryLater(client: GRPCInferenceServiceClient | undefined, why: string): void {
    client?.close();
    const { clock } = this.#options;
    const cancelRetry = clock.at(clock.nowMs() + this.#backoff.next(), () => void this.#connect());
    this.#state = { phase: "BACKOFF", cancelRetry, why };
  }

  #release({ client, stream, pending }: Extract<State, { phase: "READY" }>, why: string): void {
    this.#options.onLost(this, why);
    stream.cancel();
    client.close();
    const message = `model ${this.#options.model}@${this.#options.version}: lost replica ${this.id}: ${why}`;
    for (const { done, cancelTimeout } of pending.values()) {
      cancelTimeout();
      done({ kind: "lost", message });
    }
    pending.clear();
  }
}
