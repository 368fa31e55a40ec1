import { status } from "@grpc/grpc-js";
import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import type { Batch, BatchReply, Cancel, Clock, Random, ReplicaPort } from "../domain/ports.js";
import type { Signature } from "../domain/tensor.js";
import { signatureDifference } from "../domain/tensor.js";
import { Backoff } from "../lib/backoff.js";
import { RESPONSE_PARAMETERS } from "../protocol/extension.js";
import type { ErrorCode } from "../protocol/extension.js";
import type {
  GRPCInferenceServiceClient,
  ModelInferRequest,
  ModelStreamInferResponse,
} from "../protocol/generated/inference.js";
import { fromInferResponse, toInferRequest } from "./batchMessage.js";
import { askReady, describeWrapper, openWrapperClient, plainReason } from "./wrapperClient.js";
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

interface Opened {
  readonly client: GRPCInferenceServiceClient;
  readonly stream: InferStream;
  readonly wrapper: WrapperDescription;
  readonly pending: Map<string, PendingBatch>;
}

/** `why`, where there is one, is what ended the last try. */
type State =
  | { readonly phase: "STOPPED" }
  | {
      readonly phase: "CONNECTING";
      readonly client: GRPCInferenceServiceClient;
      readonly why: string | undefined;
    }
  | (Opened & { readonly phase: "OPENING"; readonly why: string | undefined })
  | (Opened & { readonly phase: "READY" })
  | (Opened & { readonly phase: "DRAINING"; readonly why: string })
  | { readonly phase: "BACKOFF"; readonly cancelRetry: Cancel; readonly why: string };

const DESCRIBE_TIMEOUT_MS = 2000;

/**
 * One live link to one wrapper process: a bidirectional stream that is kept open, since a message on it costs about
 * a tenth of a unary call.
 *
 * STOPPED -> CONNECTING (asks for the signature, compares it with the registered one) -> OPENING (opens the stream, and
 * asks behind it on the same connection whether the model is ready: a server without the stream has refused it by
 * then) -> READY (carries batches) -> BACKOFF (50 to 500 ms, with jitter, after any failure) -> CONNECTING. A wrapper
 * that refuses a batch because it stops leads from READY to DRAINING: nothing more is sent, what it had accepted is
 * waited for, then BACKOFF. `stop` leads to STOPPED from everywhere. READY and DRAINING, when they end, give every
 * batch in flight back as lost. The delays start from the shortest again only after a reply with outputs: a server
 * whose stream opens and breaks is asked less and less often.
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

  /** As others see it: a link that is opening connects still, one that drains is as good as failed. */
  get phase(): "STOPPED" | "CONNECTING" | "READY" | "BACKOFF" {
    const { phase } = this.#state;
    if (phase === "OPENING") return "CONNECTING";
    return phase === "DRAINING" ? "BACKOFF" : phase;
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
    if (before.phase === "READY") this.#options.onLost(this, "the link was closed");
    if ("stream" in before) this.#release(before, "the link was closed");
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
    const deadlineWallMs = clock.wallMs() + DESCRIBE_TIMEOUT_MS;
    const client = openWrapperClient(endpoint, maxMessageBytes);
    const connecting: State = { phase: "CONNECTING", client, why: this.problem };
    this.#state = connecting;
    try {
      const wrapper = await describeWrapper(client, model, version, deadlineWallMs);
      if (this.#state !== connecting) return;
      const difference = this.#mismatch(wrapper);
      if (difference === undefined) await this.#open(client, wrapper, deadlineWallMs);
      else this.#retryLater(client, difference);
    } catch (error) {
      if (this.#state === connecting) this.#retryLater(client, messageOf(error));
    }
  }

  #mismatch(wrapper: WrapperDescription): string | undefined {
    const expected = this.#options.expectedSignature();
    const difference = expected === undefined ? undefined : signatureDifference(expected, wrapper.signature);
    return difference === undefined
      ? undefined
      : `the wrapper's signature differs from the registered one: ${difference}`;
  }

  async #open(client: GRPCInferenceServiceClient, wrapper: WrapperDescription, deadlineWallMs: number): Promise<void> {
    const { model, version, onReady } = this.#options;
    const stream = client.modelStreamInfer();
    stream.on("data", (message: ModelStreamInferResponse) => this.#receive(stream, message));
    stream.on("error", (error: ServiceError) => this.#streamEnded(stream, streamProblem(error)));
    stream.on("end", () => this.#streamEnded(stream, "the wrapper closed the stream"));
    const opened: Opened = { client, stream, wrapper, pending: new Map() };
    const opening: State = { ...opened, phase: "OPENING", why: this.problem };
    this.#state = opening;
    try {
      const ready = await askReady(client, model, version, deadlineWallMs);
      if (this.#state !== opening) return;
      if (!ready) return this.#fail("the server says that the model is not ready");
      this.#state = { ...opened, phase: "READY" };
      onReady(this);
    } catch (error) {
      if (this.#state === opening) this.#fail(messageOf(error));
    }
  }

  #receive(stream: InferStream, message: ModelStreamInferResponse): void {
    const state = this.#state;
    if (!("stream" in state) || state.stream !== stream) return;
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
    const reply = this.#replyOf(state.wrapper.signature, pending.rows, message);
    // Before the rows are given back, so that they are not sent here again.
    if (reply.kind === "lost") this.#drain(message.errorMessage);
    if (reply.kind === "rows") this.#backoff.reset();
    pending.done(reply);
    if (this.#state.phase === "DRAINING" && this.#state.pending.size === 0) this.#fail(this.#state.why);
  }

  #replyOf(signature: Signature, rows: number, message: ModelStreamInferResponse): BatchReply {
    const { errorMessage, inferResponse } = message;
    const name = `model ${this.#options.model}@${this.#options.version}`;
    const code = errorCodeOf(message);
    if (code === "UNAVAILABLE")
      return { kind: "lost", message: `${name}: replica ${this.id} refused it: ${errorMessage}` };
    if (errorMessage !== "" || code !== undefined) {
      const why = [code, errorMessage].filter(Boolean).join(": ");
      return { kind: "failed", code: "MODEL_ERROR", message: `${name}: ${why}` };
    }
    if (inferResponse === undefined)
      return { kind: "failed", code: "MODEL_BAD_OUTPUT", message: `${name}: empty reply` };
    const reply = fromInferResponse(signature, rows, inferResponse);
    return reply.kind === "failed" ? { ...reply, message: `${name}: ${reply.message}` } : reply;
  }

  /** The wrapper takes no more batches, but answers those that it has. */
  #drain(why: string): void {
    const state = this.#state;
    if (state.phase !== "READY") return;
    this.#state = { ...state, phase: "DRAINING", why };
    this.#options.onLost(this, why);
  }

  #streamEnded(stream: InferStream, why: string): void {
    if ("stream" in this.#state && this.#state.stream === stream) this.#fail(why);
  }

  #fail(why: string): void {
    const before = this.#state;
    if (!("stream" in before)) return;
    this.#retryLater(undefined, why);
    if (before.phase === "READY") this.#options.onLost(this, why);
    this.#release(before, why);
  }

  #retryLater(client: GRPCInferenceServiceClient | undefined, why: string): void {
    client?.close();
    const { clock } = this.#options;
    const cancelRetry = clock.at(clock.nowMs() + this.#backoff.next(), () => void this.#connect());
    this.#state = { phase: "BACKOFF", cancelRetry, why };
  }

  #release({ client, stream, pending }: Opened, why: string): void {
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

/** gRPC says UNIMPLEMENTED also of a server that speaks the rest of the protocol. */
function streamProblem(error: ServiceError): string {
  const why = plainReason(error);
  return error.code === status.UNIMPLEMENTED ? `the server has no ModelStreamInfer: ${why}` : why;
}

/** Given beside an error by wrappers with the extension. */
function errorCodeOf({ inferResponse }: ModelStreamInferResponse): ErrorCode | undefined {
  return inferResponse?.parameters[RESPONSE_PARAMETERS.errorCode]?.stringParam as ErrorCode | undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
