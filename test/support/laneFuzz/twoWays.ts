import type { GraphQLSchema } from "graphql";
import { GRAPHQL_PATH } from "../../../src/graphql/websocketFront.js";
import { addressOf, LaneWorld } from "./laneWorld.js";
import type { LaneAnswer, LaneRequest } from "./laneWorld.js";
import { askEvents, askSocket } from "./streamClients.js";
import type { StreamPayload, Told } from "./streamClients.js";

export type Headers = Readonly<Record<string, string>>;
/** Somebody who asks, and how often. */
export type Caller = readonly [Headers, number];

export const ACCEPTS = ["*/*", "application/json", "application/graphql-response+json"];
/** Of the event loop, in which nothing is asked of a database. */
const QUIET_TURNS = 5;
/**
 * When answers wait for a moment to come, time goes on by so much. They do when nothing was under way each of so many times
 * that one looked: how long an answer takes is the machine's affair, and the two servers are not equally far meanwhile.
 */
const WAITING = { lookEveryMs: 10, times: 40, byMs: 100 };

/** Two servers of the same seed. What is asked of the first is new to it each time; the second may know it. */
export class TwoWays {
  readonly #pipeline: LaneWorld;
  readonly #lane: LaneWorld;
  #asked = 0;

  private constructor(pipeline: LaneWorld, lane: LaneWorld) {
    this.#pipeline = pipeline;
    this.#lane = lane;
  }

  static async start(schema: GraphQLSchema, newDatabase: () => Promise<string>, seed: number): Promise<TwoWays> {
    const urls = [await newDatabase(), await newDatabase()];
    const [pipeline, lane] = await Promise.all(urls.map((url) => LaneWorld.start(schema, url, seed)));
    const ways = new TwoWays(pipeline as LaneWorld, lane as LaneWorld);
    await ways.#negotiate(GRAPHQL_PATH);
    return ways;
  }

  /** The lane answers with the content type that the pipeline has negotiated. */
  async #negotiate(path: string): Promise<void> {
    for (const accept of ACCEPTS) await this.both({ query: `{ __typename } # ${accept}` }, { accept }, path);
  }

  /** The address of an application that is there, and its schema. */
  async openApplication(name: string): Promise<{ readonly path: string; readonly schema: GraphQLSchema }> {
    const path = addressOf(name);
    await this.#negotiate(path);
    return { path, schema: this.#pipeline.schemaAt(path) };
  }

  /** Both answers. `isKnown`: the second server has met the operation before. */
  both(asked: LaneRequest, headers: Headers, path = GRAPHQL_PATH, isKnown = false): Promise<[LaneAnswer, LaneAnswer]> {
    if (isKnown) this.#lane.teach(asked, path);
    // Nothing that an answer says depends on a comment at the end.
    const fresh = { ...asked, query: `${asked.query} # ${++this.#asked}` };
    let quiet = 0;
    const waiting = setInterval(() => {
      quiet = this.#isIdle ? quiet + 1 : 0;
      if (quiet > 0 && quiet % WAITING.times === 0) this.advance(WAITING.byMs);
    }, WAITING.lookEveryMs);
    return Promise.all([this.#pipeline.ask(fresh, headers, path), this.#lane.ask(asked, headers, path)]).finally(() =>
      clearInterval(waiting),
    );
  }

  /**
   * What the first server tells over a websocket and the second as events, while the same happens to both; then the client
   * leaves.
   */
  async stream(
    payload: StreamPayload,
    headers: Headers,
    meanwhile: () => Promise<unknown>,
  ): Promise<readonly [Told, Told]> {
    const authorization = headers["authorization"];
    const asked = [
      askSocket(this.#pipeline.streams, payload, authorization),
      askEvents(this.#lane.streams, payload, authorization),
    ] as const;
    await this.settle();
    await meanwhile();
    await this.settle();
    const told = asked.map((stream) => stream.told()) as [Told, Told];
    for (const stream of asked) stream.leave();
    await this.settle();
    return told;
  }

  advance(ms: number): void {
    this.#pipeline.clock.advance(ms);
    this.#lane.clock.advance(ms);
  }

  /** What was begun behind the answers is done. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS;) {
      await new Promise((resolve) => void setImmediate(resolve));
      quiet = this.#isIdle ? quiet + 1 : 0;
    }
  }

  get #isIdle(): boolean {
    return this.#pipeline.pendingStatements + this.#lane.pendingStatements === 0;
  }

  /** Answers by the first server's lane, and by the second's. */
  get laneAnswers(): readonly [number, number] {
    return [this.#pipeline.laneAnswers, this.#lane.laneAnswers];
  }

  /** As their logs have them. */
  get defects(): readonly [readonly string[], readonly string[]] {
    return [this.#pipeline.defects, this.#lane.defects];
  }

  /** Models, and applications over them. */
  async setUp(applications: readonly object[] = APPLICATIONS): Promise<void> {
    const done = async (query: string, input: object): Promise<void> => {
      const [{ body }] = await this.both({ query, variables: { input } }, {});
      if (body.includes("message")) throw new Error(body);
    };
    for (const [model, version] of VERSIONS) {
      const signature = { inputs: [tensor("x")], outputs: [tensor("scores")] };
      await done(REGISTER, { model, version, signature, makeCurrent: version === 1 });
      for (const world of [this.#pipeline, this.#lane]) world.addReplica(model, version, version);
    }
    for (const application of applications) await done(CREATE, { input: [tensor("x")], models: LINKS, ...application });
    await this.settle();
  }

  /** The first key closes the servers to all who have none. Some of those who ask from then on have none that is good. */
  async closeAccess(): Promise<readonly Caller[]> {
    const made = async (by: Headers, input: object): Promise<Headers> => {
      const [{ body }] = await this.both({ query: NEW_KEY, variables: { input } }, by);
      const text = /"text":"(pk_[^"]+)"/.exec(body)?.[1];
      if (text === undefined) throw new Error(body);
      return { authorization: `Bearer ${text}` };
    };
    const admin = await made({}, { name: "root", scopes: ALL_SCOPES });
    const ofInsects = { name: "insects", scopes: ALL_SCOPES, applications: ["insects"] };
    const callers: readonly Caller[] = [
      [admin, 5],
      [await made(admin, { name: "few", scopes: ALL_SCOPES, rowsPerSecond: 4 }), 2],
      [await made(admin, ofInsects), 2],
      [await made(admin, { name: "reader", scopes: ["READ"] }), 1],
      [{}, 0.3],
      [{ authorization: "Bearer pk_0123456789abcdef_x" }, 0.2],
      [{ authorization: "Basic x" }, 0.2],
    ];
    await this.settle();
    return callers;
  }

  async stop(): Promise<void> {
    await Promise.all([this.#pipeline.stop(), this.#lane.stop()]);
  }
}

const tensor = (name: string) => ({ name, datatype: "FP32", shape: [2] });
const VERSIONS = [
  ["m", 1],
  ["m", 2],
  ["k", 1],
] as const;
const LINKS = [{ model: "m" }, { model: "k", weight: 0.5 }];
const APPLICATIONS = [
  { name: "insects", output: { label: { labels: ["ant", "bee"] } }, sloMs: 1000, policy: { exp4: {} } },
  {
    name: "numbers",
    output: { vector: { size: 2 } },
    defaultOutput: { vector: [1, 2] },
    feedback: { logPredictions: "INPUTS" },
  },
];
/** For their own schemas: each kind of output and of truth. */
export const TYPED_APPLICATIONS = [
  ...APPLICATIONS,
  { name: "single", output: { number: {} }, defaultOutput: { number: 1 }, models: [] },
  {
    name: "shop",
    output: { label: { labels: ["buy", "don't"] } },
    policy: { exp3: {} },
    loss: { reward: { min: 0, max: 1 } },
    feedback: { deferActivation: true, logPredictions: "EVIDENCE" },
  },
] as const;
const ALL_SCOPES = ["PREDICT", "OBSERVE", "READ", "METRICS", "ADMIN"];
const REGISTER = `mutation ($input: RegisterModelVersionInput!) { registerModelVersion(input: $input) { __typename ... on Failure { message } } }`;
const CREATE = `mutation ($input: CreateApplicationInput!) { createApplication(input: $input) { __typename ... on Failure { message } } }`;
const NEW_KEY = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on ApiKeyCreated { text } ... on Failure { message } } }`;
