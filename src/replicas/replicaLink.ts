import { messageOf } from "../domain/messageOf.js";
import type { Batch, BatchReply, Cancel, Clock, Random, ReplicaPort } from "../domain/ports.js";
import type { Signature } from "../domain/tensor.js";
import { ALL_OUTPUTS } from "../lib/askedOutputs.js";
import type { AskedOutputs } from "../lib/askedOutputs.js";
import { staysOnMachine } from "../protocol/endpoint.js";
import type { GRPCInferenceServiceClient } from "../protocol/generated/inference.js";
import { BatchCalls } from "./batchCalls.js";
import type { BatchChannel } from "./batchChannel.js";
import { BatchStream } from "./batchStream.js";
import type { ConnectPacer } from "./connectPacer.js";
import type { Connection, Dial } from "./dial.js";
import { wrapperMismatch } from "./expectedWrapper.js";
import { LinkBackoff } from "./linkBackoff.js";
import type { LinkCounters } from "./linkCounters.js";
import { openedOf, release } from "./linkState.js";
import type { Connecting, LinkPhase, LinkState as State, Opened } from "./linkState.js";
import { askServing, healthClientOf, watchServing } from "./linkHealth.js";
import { watchLiveness } from "./liveness.js";
import { hasUsableStream } from "./probeStream.js";
import type { ReadReply } from "./streamReply.js";
import { describeWarmUp, warmUp } from "./warmUp.js";
import type { WarmUpOptions, WarmUpSample } from "./warmUp.js";
import { askReady, describeWrapper, openWrapperClient } from "./wrapperClient.js";
import type { WrapperDescription } from "./wrapperClient.js";

export interface ReplicaLinkOptions {
  readonly id: string;
  readonly model: string;
  readonly version: number;
  readonly endpoint: string;
  readonly dial: Dial;
  readonly clock: Clock;
  readonly random: Random;
  /** Shared by the links of the process. */
  readonly pacer: ConnectPacer;
  /** Shared by the links of the version. */
  readonly counters: LinkCounters;
  readonly maxMessageBytes: number;
  /** A batch without a reply for so long counts as a lost link. */
  readonly batchTimeoutMs: number;
  /** Which outputs batches ask for. Default: all. */
  readonly askedOutputs?: Pick<AskedOutputs, "places">;
  /** Whether raw contents carry a CRC-32, if the wrapper can. Default: if they leave the machine. */
  readonly checksums?: boolean;
  /** Default: none. */
  readonly warmUp?: WarmUpOptions;
  /** The registered signature, if the version is registered: another one is refused. */
  readonly expectedSignature: () => Signature | undefined;
  /** SHA-256 of the artefact that the version is served from, if that is known: another one is refused. */
  readonly expectedDigest: () => string | undefined;
  readonly onReady: (link: ReplicaLink) => void;
  /** Called before the batches in flight are given back, so that they are not sent here again. */
  readonly onLost: (link: ReplicaLink, why: string) => void;
  /** It could not be brought up, and is tried again. */
  readonly onProblem?: (why: string) => void;
  /** It is STOPPED, by `stop` or after `drain`. */
  readonly onStopped?: (link: ReplicaLink) => void;
}

const DESCRIBE_TIMEOUT_MS = 2000;
/** So many replies in a row that break the protocol, and the link is broken off. */
const MAX_UNUSABLE_REPLIES = 3;
const NOT_SERVING = "the server says that it is not serving";
const CLOSED = "the link was closed";
const REMOVED = "the replica was removed";

/**
 * One live link to one wrapper process: a bidirectional stream that is kept open, since a message on it costs about
 * a tenth of a unary call; unary calls where the server has no such stream.
 *
 * STOPPED -> CONNECTING (asks for the signature, the artefact's digest and the extensions, compares the first two with
 * what is expected, and tries the stream of a server without the extension) -> OPENING (opens the stream, and asks
 * behind it on the same connection whether the server and the model are ready) -> WARMING (sends real rows, if there are any)
 * -> READY (carries batches) -> BACKOFF (see LinkBackoff, after any failure) -> CONNECTING. A wrapper that says that it
 * is stopping, by its health or by refusing a batch, leads from READY to DRAINING: nothing more is sent, what it had
 * accepted is waited for, then BACKOFF. `drain` does the same and leads to STOPPED in the end; `stop` leads there from
 * everywhere at once. READY and DRAINING, when they end, give every batch in flight back.
 */
export class ReplicaLink implements ReplicaPort {
  readonly #options: ReplicaLinkOptions;
  readonly #backoff: LinkBackoff;
  #state: State = { phase: "STOPPED" };
  #unusableInARow = 0;
  /** Whether the server takes pings: as it was the last time. */
  #pings = true;
  #tries = 0;
  /** With batches of so many rows the wrapper ended in its warm-up: that is not tried again. */
  #warmUpBelow = Infinity;

  constructor(options: ReplicaLinkOptions) {
    this.#options = options;
    this.#backoff = new LinkBackoff(options.random);
  }

  get id(): string {
    return this.#options.id;
  }

  get endpoint(): string {
    return this.#options.endpoint;
  }

  /** As others see it: a link that is opening connects still. */
  get phase(): LinkPhase {
    const { phase } = this.#state;
    return phase === "OPENING" ? "CONNECTING" : phase;
  }

  /** Why the link is not up: what the last try met. */
  get problem(): string | undefined {
    return "why" in this.#state ? this.#state.why : undefined;
  }

  /** Milliseconds until the next try, in BACKOFF. */
  get retryInMs(): number | undefined {
    if (this.#state.phase !== "BACKOFF") return undefined;
    return Math.max(0, this.#state.retryAtMs - this.#options.clock.nowMs());
  }

  get signature(): Signature {
    return this.#ready().wrapper.signature;
  }

  get concurrency(): number {
    return this.#ready().wrapper.concurrency;
  }

  /** SHA-256 of the model's file; undefined where the wrapper does not state it. */
  get artefactDigest(): string | undefined {
    return this.#ready().wrapper.artefactDigest;
  }

  /** How batches travel, for operators. */
  get transport(): string {
    return this.#ready().stream instanceof BatchStream ? "on its stream" : "with a call for each batch";
  }

  /** How long the batches of the warm-up took, so that nobody has to guess what queries will. */
  get warmUpSamples(): readonly WarmUpSample[] {
    return this.#ready().samples;
  }

  /** How the warm-up goes, or went; undefined before. */
  get warmUp(): string | undefined {
    const state = this.#state;
    if (state.phase === "WARMING") return `computing batches of ${state.rows} rows`;
    return state.phase === "READY" ? describeWarmUp(state.samples) : undefined;
  }

  start(): void {
    if (this.#state.phase === "STOPPED") this.#retryAfter(0, undefined);
  }

  stop(): void {
    this.#stop(CLOSED);
  }

  #stop(why: string): void {
    const before = this.#state;
    this.#state = { phase: "STOPPED" };
    if (before.phase === "BACKOFF") before.cancelRetry();
    if (before.phase === "CONNECTING") before.client?.close();
    if (before.phase === "READY") this.#options.onLost(this, why);
    if ("stream" in before) release(before, why);
    if (before.phase !== "STOPPED") this.#options.onStopped?.(this);
  }

  /**
   * Sends nothing more, waits for the batches in flight (each for its `batchTimeoutMs` at most), and stops: what a
   * removed replica computes already is an answer still.
   */
  drain(): void {
    const state = this.#state;
    const busy = (state.phase === "READY" || state.phase === "DRAINING") && state.stream.inFlight > 0;
    if (!busy) return this.#stop(REMOVED);
    this.#state = { ...openedOf(state), phase: "DRAINING", why: REMOVED, leaves: true };
    if (state.phase === "READY") this.#options.onLost(this, REMOVED);
  }

  send(batch: Batch, done: (reply: BatchReply) => void): void {
    const state = this.#state;
    if (state.phase === "READY") state.stream.send(batch, done);
    else queueMicrotask(() => done({ kind: "lost", message: `replica ${this.id} is not connected`, refused: true }));
  }

  /** To be called when the registered signature may have changed. */
  recheckSignature(): void {
    if (this.#state.phase !== "READY") return;
    const difference = this.#mismatch(this.#state.wrapper);
    if (difference !== undefined) this.#leave(difference);
  }

  #ready(): Extract<State, { phase: "READY" }> {
    if (this.#state.phase !== "READY") throw new Error(`replica ${this.id} is ${this.#state.phase}`);
    return this.#state;
  }

  async #connect(): Promise<void> {
    const { model, version, endpoint, dial, clock } = this.#options;
    const deadlineWallMs = clock.wallMs() + DESCRIBE_TIMEOUT_MS;
    const connecting: Connecting = { phase: "CONNECTING", client: undefined, why: this.problem };
    this.#state = connecting;
    try {
      const connection = await dial(endpoint, this.#tries++);
      if (this.#state !== connecting) return;
      connecting.client = this.#openClient(connection);
      const question = { model, version, registered: this.#options.expectedSignature() };
      const wrapper = await describeWrapper(connecting.client, question, { deadlineWallMs, waitForReady: false });
      if (this.#state !== connecting) return;
      const difference = this.#mismatch(wrapper);
      if (difference !== undefined) throw new Error(difference);
      if (wrapper.extended !== this.#pings) {
        this.#pings = wrapper.extended;
        connecting.client.close();
        connecting.client = this.#openClient(connection);
      }
      const streams = wrapper.extended || (await hasUsableStream(connecting.client, wrapper, clock));
      // As it is by now: it may have been told to stop.
      if ((this.#state as State) !== connecting) return;
      await this.#open(connecting.client, wrapper, streams, deadlineWallMs);
    } catch (error) {
      if (this.#state !== connecting) return;
      connecting.client?.close();
      this.#retryAfter(this.#backoff.notReached(), messageOf(error));
    }
  }

  #openClient(connection: Connection): GRPCInferenceServiceClient {
    const { maxMessageBytes } = this.#options;
    return openWrapperClient({ connection, maxMessageBytes, pings: this.#pings });
  }

  #mismatch(wrapper: WrapperDescription): string | undefined {
    const { model, version, expectedSignature, expectedDigest } = this.#options;
    const expected = { name: `${model}@${version}`, signature: expectedSignature(), artefactDigest: expectedDigest() };
    return wrapperMismatch(expected, wrapper);
  }

  async #open(
    client: GRPCInferenceServiceClient,
    wrapper: WrapperDescription,
    streams: boolean,
    deadlineWallMs: number,
  ): Promise<void> {
    const { endpoint, clock } = this.#options;
    const health = healthClientOf(client, endpoint);
    const watches: Cancel[] = [];
    const stream = this.#openChannel(client, wrapper, streams);
    const opened: Opened = { client, wrapper, stream, stopWatching: () => watches.forEach((cancel) => cancel()) };
    watches.push(
      watchServing(health, () => {
        this.#stopping(stream, NOT_SERVING);
        if (stream.inFlight === 0) this.#drained(stream);
      }),
    );
    const opening: State = { ...opened, phase: "OPENING", why: this.problem };
    this.#state = opening;
    try {
      const asked = [askReady(client, wrapper, deadlineWallMs), askServing(health, deadlineWallMs)];
      const [ready, serving] = await Promise.all(asked);
      if (this.#state !== opening) return;
      if (serving !== true) return this.#leave(NOT_SERVING);
      if (ready !== true) return this.#leave("the server says that the model is not ready");
      const onDead = (why: string): void => stream.broke(why);
      const isComputing = (): boolean => stream.inFlight > 0;
      if (!wrapper.extended) watches.push(watchLiveness({ client, clock, isComputing, onDead }));
      await this.#warmUp(opened);
    } catch (error) {
      if (this.#state === opening) this.#fail(messageOf(error));
    }
  }

  #openChannel(client: GRPCInferenceServiceClient, wrapper: WrapperDescription, streams: boolean): BatchChannel {
    const { id, endpoint, model, version, clock, batchTimeoutMs, counters } = this.#options;
    const channel: BatchChannel = new (streams ? BatchStream : BatchCalls)({
      client,
      wrapper,
      model,
      version,
      replica: id,
      clock,
      batchTimeoutMs,
      checksums: this.#options.checksums ?? !staysOnMachine(endpoint),
      askedOutputs: this.#options.askedOutputs ?? ALL_OUTPUTS,
      counters,
      onReply: (read) => this.#replied(channel, read),
      onEmpty: () => this.#drained(channel),
      onEnded: (why) => {
        if (!("stream" in this.#state) || this.#state.stream !== channel) return;
        if (this.#state.phase === "WARMING") this.#warmUpBelow = Math.min(this.#warmUpBelow, this.#state.rows);
        this.#fail(why);
      },
    });
    return channel;
  }

  async #warmUp(opened: Opened): Promise<void> {
    const { clock, maxMessageBytes, warmUp: options } = this.#options;
    const rows = options?.rows() ?? [];
    if (options === undefined || rows.length === 0) return this.#becomeReady(opened, []);
    const warming = { ...opened, phase: "WARMING" as const, why: this.problem, rows: 0 };
    this.#state = warming;
    const result = await warmUp({
      rows,
      sizes: options.sizes().filter((size, i) => i === 0 || size < this.#warmUpBelow),
      clock,
      // The rest is for names and shapes.
      maxBytes: maxMessageBytes * 0.9,
      budgetMs: options.budgetMs ?? (() => Infinity),
      limitMs: options.limitMs?.() ?? Infinity,
      send: (batch, done) => opened.stream.send(batch, done),
      onSize: (size) => (warming.rows = size),
    });
    if (this.#state !== warming) return;
    if (result.kind === "failed") return this.#fail(result.why);
    this.#backoff.warmedUp();
    this.#becomeReady(opened, result.samples);
  }

  #becomeReady(opened: Opened, samples: readonly WarmUpSample[]): void {
    // Once more: two links may have been opening at the same time.
    const difference = this.#mismatch(opened.wrapper);
    if (difference !== undefined) return this.#leave(difference);
    this.#unusableInARow = 0;
    this.#state = { ...opened, phase: "READY", sinceMs: this.#options.clock.nowMs(), samples };
    this.#options.onReady(this);
  }

  #replied(stream: BatchChannel, { kind, why }: ReadReply): void {
    if (kind === "ANSWERED") this.#backoff.answered();
    if (kind === "STOPPING") this.#stopping(stream, why);
    if (kind !== "UNUSABLE") this.#unusableInARow = 0;
    else if (++this.#unusableInARow >= MAX_UNUSABLE_REPLIES && this.#state.phase === "READY") {
      this.#fail(`${MAX_UNUSABLE_REPLIES} replies in a row could not be used, the last one: ${why}`);
    }
  }

  /** The wrapper takes no more batches, but answers those that it has. */
  #stopping(stream: BatchChannel, why: string): void {
    const state = this.#state;
    if (!("stream" in state) || state.stream !== stream || state.phase === "DRAINING") return;
    if (state.phase !== "READY") return this.#leave(why);
    this.#state = { ...openedOf(state), phase: "DRAINING", why, leaves: false };
    this.#options.onLost(this, why);
  }

  #drained(stream: BatchChannel): void {
    if (this.#state.phase === "DRAINING" && this.#state.stream === stream) this.#leave(this.#state.why);
  }

  /** It broke: how long to wait depends on what it did before. */
  #fail(why: string): void {
    const before = this.#state;
    if (before.phase === "READY") {
      this.#close(this.#backoff.broke(this.#options.clock.nowMs() - before.sinceMs), why);
    } else if (before.phase === "WARMING") {
      this.#close(this.#backoff.failedWarmUp(), why);
    } else {
      this.#leave(why);
    }
  }

  /** It does not serve at present, or not what it should, and has said so. */
  #leave(why: string): void {
    this.#close(this.#backoff.notReached(), why);
  }

  #close(delayMs: number, why: string): void {
    const before = this.#state;
    if (!("stream" in before)) return;
    if (before.phase === "DRAINING" && before.leaves) return this.#stop(why);
    this.#retryAfter(delayMs, why);
    if (before.phase === "READY") this.#options.onLost(this, why);
    release(before, why);
  }

  #retryAfter(delayMs: number, why: string | undefined): void {
    const { clock, pacer } = this.#options;
    const retryAtMs = clock.nowMs() + delayMs;
    const inTurn = (): void => {
      const backoff = this.#state;
      const cancelRetry = pacer.inTurn(() => void this.#connect());
      if (this.#state === backoff) this.#state = { phase: "BACKOFF", cancelRetry, retryAtMs, why };
    };
    if (delayMs === 0) inTurn();
    else this.#state = { phase: "BACKOFF", cancelRetry: clock.at(retryAtMs, inTurn), retryAtMs, why };
    if (why !== undefined) this.#options.onProblem?.(why);
  }
}
