import { once } from "node:events";
import { rm } from "node:fs/promises";
import { Agent, createServer, request } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getOperationAST } from "graphql";
import type { DocumentNode, GraphQLSchema } from "graphql";
import { ExactCache } from "../../../src/caching/exactCache.js";
import { parseConfig } from "../../../src/config.js";
import type { Batch, BatchReply, ReplicaPort, RowReply } from "../../../src/domain/ports.js";
import type { Row, Signature } from "../../../src/domain/tensor.js";
import type { Services } from "../../../src/graphql/context.js";
import { ApplicationFronts } from "../../../src/graphql/applicationFronts.js";
import { parseWithinLimits } from "../../../src/graphql/documentLimits.js";
import { HotLane } from "../../../src/graphql/hotLane.js";
import { GraphiqlPage } from "../../../src/graphql/graphiqlPage.js";
import { GraphqlHttpFront } from "../../../src/graphql/httpFront.js";
import { PersistedOperations } from "../../../src/graphql/persistedOperations.js";
import { EventStreamFront } from "../../../src/graphql/eventStreamFront.js";
import { OpenConnections } from "../../../src/graphql/openConnections.js";
import { GRAPHQL_PATH, WebsocketFront } from "../../../src/graphql/websocketFront.js";
import { HostRules } from "../../../src/lib/hostRules.js";
import { GuardedDial } from "../../../src/replicas/dial.js";
import { LaunchedWrappers } from "../../../src/serving/launchedWrappers.js";
import { ModelVersions } from "../../../src/serving/modelVersions.js";
import { Pressure } from "../../../src/serving/pressure.js";
import { ServiceComposition } from "../../../src/services.js";
import { migrate } from "../../../src/store/migrate.js";
import { FakeClock } from "../fakeClock.js";
import { connectTo, temporaryFolder } from "../postgres.js";
import { CountedDatabase } from "./countedDatabase.js";
import { Draws } from "./draws.js";
import type { StreamFronts } from "./streamClients.js";
import { predictManyBy } from "../predictManyBy.js";

/** As HTTP has it, but for the `Date`. */
export interface LaneAnswer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

export interface LaneRequest {
  readonly query: string;
  readonly operationName?: string | undefined;
  readonly variables?: unknown;
}

const SIGNATURE: Signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [2] }],
  outputs: [{ name: "scores", datatype: "FP32", shape: [2] }],
};

/** Time stands still until told to go on; turns end by themselves. */
class StandingClock extends FakeClock {
  override turnEnd(callback: () => void): void {
    setImmediate(callback);
  }
}

/**
 * Answers each row at the end of the turn by its first number: 5 is an error of the model's, 6 an output that is no
 * number, 7 loses the batch.
 */
class ScoringReplica implements ReplicaPort {
  readonly concurrency = 1;
  readonly signature = SIGNATURE;
  readonly id: string;
  readonly #bias: number;

  constructor(id: string, bias: number) {
    this.id = id;
    this.#bias = bias;
  }

  send({ rows }: Batch, done: (reply: BatchReply) => void): void {
    const isLost = rows.some((row) => numbersOf(row)[0] === 7);
    const reply: BatchReply = isLost
      ? { kind: "lost", message: `${this.id} lost it`, refused: true }
      : { kind: "rows", rows: rows.map((row) => this.#answer(row)) };
    setImmediate(() => done(reply));
  }

  #answer(row: Row): RowReply {
    const [first = 0, second = 0] = numbersOf(row);
    if (first === 5) return { kind: "failed", code: "MODEL_ERROR", message: "five" };
    if (first === 6) return { kind: "failed", code: "MODEL_BAD_OUTPUT", message: "six" };
    const share = 1 / (1 + Math.exp(first - second - this.#bias));
    return { kind: "output", output: [new Uint8Array(Float32Array.of(share, 1 - share).buffer)] };
  }
}

function numbersOf(row: Row): Float32Array {
  const bytes = row[0] as Uint8Array;
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

/** What is beyond them no lane ever comes to know. */
function withinLimits(query: string): DocumentNode | undefined {
  try {
    return parseWithinLimits(query);
  } catch {
    return undefined;
  }
}

class CountingLane extends HotLane {
  readonly schema: GraphQLSchema;
  answers = 0;

  constructor(schema: GraphQLSchema) {
    super(schema);
    this.schema = schema;
  }

  override run(...given: Parameters<HotLane["run"]>): ReturnType<HotLane["run"]> {
    const ran = super.run(...given);
    if (ran !== undefined) this.answers += 1;
    return ran;
  }
}

interface Made {
  readonly folder: string;
  readonly database: CountedDatabase;
  readonly composition: ServiceComposition;
  readonly versions: ModelVersions;
  readonly clock: StandingClock;
  readonly pressure: Pressure;
}

/**
 * A server's whole inside and its GraphQL front, over a database of its own. What is not settled by what it is asked is
 * given: two of the same seed that are asked the same answer the same, whichever way the answers go through the front.
 */
export class LaneWorld {
  readonly clock: StandingClock;
  readonly defects: string[] = [];
  /** By the address that it is of. */
  readonly #lanes = new Map<string, CountingLane>();
  readonly #front: GraphqlHttpFront;
  /** What connections that last are served with. */
  readonly streams: StreamFronts;
  readonly #server: Server;
  readonly #folder: string;
  readonly #database: CountedDatabase;
  readonly #services: ServiceComposition;
  readonly #versions: ModelVersions;
  readonly #pressure: Pressure;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  private constructor(schema: GraphQLSchema, services: Services, made: Made) {
    this.clock = made.clock;
    this.#folder = made.folder;
    this.#database = made.database;
    this.#services = made.composition;
    this.#versions = made.versions;
    this.#pressure = made.pressure;
    const operations = new PersistedOperations();
    const served = { schema, operations, lane: this.#newLane(schema, GRAPHQL_PATH) };
    const open = new OpenConnections({ sockets: 1, subscriptions: 1 });
    const inside = {
      services: { ...services, logDefect: this.#logDefect },
      logDefect: this.#logDefect,
    };
    const events = new EventStreamFront({ ...inside, open });
    const websockets = new WebsocketFront({ ...inside, ...served, open });
    this.streams = { served, websockets, events, nowMs: () => made.clock.nowMs() };
    const common = { schema, ...inside, graphiql: new GraphiqlPage(""), events };
    this.#front = new GraphqlHttpFront({ ...common, ...served });
    const applications = new ApplicationFronts({
      ...common,
      operationsOf: () => operations,
      newLane: (typed, application) => this.#newLane(typed, addressOf(application)),
    });
    this.#server = createServer((incoming, response) => {
      if (incoming.url === GRAPHQL_PATH) this.#front.handle(incoming, response);
      else applications.handle(incoming, response);
    });
  }

  #newLane(schema: GraphQLSchema, path: string): CountingLane {
    const lane = new CountingLane(schema);
    this.#lanes.set(path, lane);
    return lane;
  }

  readonly #logDefect = (error: unknown): void =>
    void this.defects.push(error instanceof Error ? error.message : String(error));

  /** `change`: what the fronts get of the inside. */
  static async start(
    schema: GraphQLSchema,
    databaseUrl: string,
    seed: number,
    change: (services: Services) => Services = withDefects,
  ): Promise<LaneWorld> {
    await stopDatabaseTime(databaseUrl);
    const database = new CountedDatabase(await connectTo(databaseUrl, 8));
    await migrate(database.sql);
    // Of its own: two servers would find each other in one.
    const folder = await temporaryFolder();
    const parsed = parseConfig(["--example", "none"], {}, folder);
    if (parsed.kind !== "run") throw new Error("not to be run");
    const { config } = parsed;
    const clock = new StandingClock();
    const draws = new Draws(seed);
    const cache = new ExactCache({ capacityBytes: 2 ** 20, clock });
    const random = () => draws.next();
    const { maxQueueRows, maxMessageBytes, batchTimeoutMs, batchSizeController, maxBatchRows } = config;
    const lookup = (name: string): Promise<never> => Promise.reject(new Error(`${name} is not looked up here`));
    const dial = new GuardedDial({ rules: new HostRules([]), lookup, tls: undefined });
    const versions = new ModelVersions({
      dial: dial.to.bind(dial),
      clock, random, cache, maxQueueRows, maxMessageBytes, batchTimeoutMs,
      approximateBytes: () => 2 ** 18,
      configuredSettings: () => ({ batchSizeController, maxBatchRows }),
      onReplicaChange: () => undefined,
    }); // prettier-ignore
    const nothing = () => undefined;
    const pressure = new Pressure({ clock, memoryShare: () => 0.1, limitCache: nothing, warn: nothing });
    const wrappers = new LaunchedWrappers({
      clock, random, versions, maxMessageBytes, log: nothing, readyTimeoutMs: 1000,
    }); // prettier-ignore
    const composition = new ServiceComposition({
      root: process.cwd(),
      config, clock, database, versions, wrappers, pressure, random, dial,
      log: { debug: nothing, info: nothing, warn: nothing, error: nothing, wrapper: nothing },
      answerMarginMs: () => 1,
      randomBytes: (size) => draws.bytes(size),
    }); // prettier-ignore
    const services = change(await composition.start());
    const world = new LaneWorld(schema, services, { folder, database, composition, versions, clock, pressure });
    await world.#front.start();
    world.#server.listen(0, "127.0.0.1");
    await once(world.#server, "listening");
    return world;
  }

  /** Gives a version of a model that is registered a replica. */
  addReplica(model: string, version: number, bias: number): void {
    this.#versions.get(model, version).batcher.addReplica(new ScoringReplica(`${model}-${version}`, bias));
  }

  /** As if it had been answered once: so the next time takes the lane. */
  teach({ query, operationName }: LaneRequest, path: string): void {
    const document = withinLimits(query);
    if (document === undefined || getOperationAST(document, operationName) == null) return;
    this.#lanes.get(path)?.store({ query, operationName }, document);
  }

  /** What went no other way. */
  get laneAnswers(): number {
    return [...this.#lanes.values()].reduce((sum, { answers }) => sum + answers, 0);
  }

  /** What is served at an address that was asked already. */
  schemaAt(path: string): GraphQLSchema {
    const lane = this.#lanes.get(path);
    if (lane === undefined) throw new Error(`nothing was asked at ${path}`);
    return lane.schema;
  }

  ask(body: LaneRequest, headers: Readonly<Record<string, string>>, path: string): Promise<LaneAnswer> {
    const { port } = this.#server.address() as AddressInfo;
    const text = JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sending = request({ port, path, host: "127.0.0.1", method: "POST", agent: this.#agent });
      sending.setHeader("content-type", "application/json");
      for (const [name, value] of Object.entries(headers)) sending.setHeader(name, value);
      sending.once("error", reject);
      sending.once("response", (answer) => void readAnswer(answer).then(resolve, reject));
      sending.end(text);
    });
  }

  /** What was asked of the database and is not answered. */
  get pendingStatements(): number {
    return this.#database.pending;
  }

  /** What was asked of the database so far. */
  get statements(): number {
    return this.#database.statements;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    this.streams.events.stop();
    await this.streams.websockets.stop();
    this.#server.close();
    await this.#front.stop();
    this.#pressure.stop();
    const stopped = this.#services.stop();
    // What waits for a moment to come, not for anything to happen.
    const going = setInterval(() => this.clock.advance(1000), 20);
    await stopped.finally(() => clearInterval(going));
    this.#versions.stop();
    await this.#database.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Of an application's own schema. */
export function addressOf(application: string): string {
  return `${GRAPHQL_PATH}/apps/${application}`;
}

async function readAnswer(answer: IncomingMessage): Promise<LaneAnswer> {
  let body = "";
  answer.setEncoding("utf8");
  for await (const chunk of answer) body += String(chunk);
  const headers = Object.entries(answer.headers).filter(([name]) => name !== "date");
  return {
    status: answer.statusCode ?? 0,
    headers: headers.map(([name, value]) => `${name}: ${String(value)}`).sort(),
    body,
  };
}

/** Times that the database notes are shown: in this one, on every connection from now on, it is always the same moment. */
async function stopDatabaseTime(url: string): Promise<void> {
  const database = await connectTo(url, 1);
  const name = new URL(url).pathname.slice(1);
  await database.sql.unsafe(`
    create schema standing;
    create function standing.now() returns timestamptz language sql stable as $$ select '2026-01-01T00:00:01Z'::timestamptz $$;
    create function standing.clock_timestamp() returns timestamptz language sql volatile as $$ select '2026-01-01T00:00:01Z'::timestamptz $$;
    alter database ${name} set search_path = public, standing, pg_catalog`);
  await database.close();
}

/** Defects that nothing but a test has made. */
export const PLANTED = ["a defect, at once", "a defect, later", "a defect of an observation"] as const;

/** Some entities bring a defect to light. */
function withDefects(services: Services): Services {
  const predict: Services["predict"] = (asked) => {
    if (asked.entity === "throws") throw new Error(PLANTED[0]);
    return asked.entity === "rejects" ? Promise.reject(new Error(PLANTED[1])) : services.predict(asked);
  };
  const one = predictManyBy(predict);
  return {
    ...services,
    predict,
    predictMany: (terms, rows) =>
      terms.entity === "throws" || terms.entity === "rejects" ? one(terms, rows) : services.predictMany(terms, rows),
    observe: (asked) => {
      if (asked.key === "throws") throw new Error(PLANTED[2]);
      return services.observe(asked);
    },
  };
}
