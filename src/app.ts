import { randomBytes } from "node:crypto";
import { lookup } from "node:dns/promises";
import { fileURLToPath } from "node:url";
import { createAdminKey } from "./adminKey.js";
import { ExactCache } from "./caching/exactCache.js";
import { firstQuery, readExamples, setUpExample } from "./cli/example.js";
import type { Example } from "./cli/example.js";
import { refuseOpenToOthers } from "./config.js";
import type { Config } from "./settings.js";
import type { Clock } from "./domain/ports.js";
import type { Services } from "./graphql/context.js";
import { ApplicationFronts } from "./graphql/applicationFronts.js";
import { EventStreamFront } from "./graphql/eventStreamFront.js";
import { GraphiqlPage } from "./graphql/graphiqlPage.js";
import { HotLane } from "./graphql/hotLane.js";
import { GraphqlHttpFront } from "./graphql/httpFront.js";
import { allowedOperations } from "./graphql/operationsFile.js";
import { OpenConnections } from "./graphql/openConnections.js";
import { PersistedOperations } from "./graphql/persistedOperations.js";
import { buildGraphqlSchema } from "./graphql/schema.js";
import { GRAPHQL_PATH, startWebsockets } from "./graphql/websocketFront.js";
import { admitArtefact } from "./graphql/artefactAccess.js";
import { metricsRefusal } from "./graphql/metricsAccess.js";
import { HttpServer } from "./http/httpServer.js";
import { addArtefactRoutes } from "./http/artefactRoutes.js";
import { refuseTakenPort } from "./http/listening.js";
import { addOperationsRoutes } from "./http/operationsRoutes.js";
import { MonotonicClock } from "./lib/monotonicClock.js";
import { memoryShare } from "./lib/memoryShare.js";
import { RecentQuantile } from "./lib/recentQuantile.js";
import { HostRules } from "./lib/hostRules.js";
import { within } from "./lib/within.js";
import { GuardedDial } from "./replicas/dial.js";
import { openWrapperTls } from "./replicas/wrapperTls.js";
import type { WrapperTls } from "./replicas/wrapperTls.js";
import { LaunchedWrappers } from "./serving/launchedWrappers.js";
import { ModelVersions } from "./serving/modelVersions.js";
import { Pressure } from "./serving/pressure.js";
import { ServiceComposition } from "./services.js";
import type { ServicesOptions } from "./services.js";
import { connectDatabase } from "./store/database.js";
import type { Database } from "./store/database.js";
import { startEmbeddedPostgres } from "./store/embeddedPostgres.js";
import { migrate } from "./store/migrate.js";
import { createLog, sparing } from "./telemetry/log.js";
import type { Log } from "./telemetry/log.js";
import { prometheusRegistry } from "./telemetry/prometheus.js";

/** What the banner shows of a server that is ready. */
export interface Started {
  readonly url: string;
  readonly database: string;
  readonly examples: readonly Example[];
  /** Nobody needs a key. */
  readonly isOpen: boolean;
}

/** Requests get so long to be answered when the server stops; then their connections are cut. */
const DRAIN_MS = 6000;
/** When all requests are answered nobody waits for the batches still in flight: a wrapper that hangs is not waited for. */
const IDLE_MS = 500;
/** A database that is going away may leave a statement without an answer; the log holds all that was acknowledged. */
const SERVICES_MS = 3000;
/** From dist/src up to the project. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const WRAPPERS_READY_MS = 30_000;

/**
 * The composition root: makes everything, starts it from the bottom (database, replicas, serving, fronts) and stops
 * it from the top. Only here do adapters meet ports.
 */
export class App {
  readonly #config: Config;
  readonly #answerMargin = new RecentQuantile({ quantile: 0.99, windowMs: 1000, minimum: 1, maximum: 50 });
  readonly #clock: Clock = new MonotonicClock((lateMs, nowMs) => this.#answerMargin.record(lateMs, nowMs));
  readonly #answerMarginMs = (): number => this.#answerMargin.value(this.#clock.nowMs());
  readonly #log: Log;
  readonly #cache: ExactCache;
  /** Run in reverse by `stop`: each is pushed where its resource is acquired. */
  readonly #releases: (() => Promise<void> | void)[] = [];
  readonly #stopRequest = new AbortController();
  #ready = false;
  #started: Promise<Started> | undefined;
  #stopped: Promise<void> | undefined;
  #endPostgres: (() => void) | undefined;

  constructor(config: Config) {
    this.#config = config;
    this.#log = createLog(config.logLevel, this.#clock);
    this.#cache = new ExactCache({ capacityBytes: config.cacheBytes, clock: this.#clock });
  }

  /** Rejects when something is missing, or when it is told to stop meanwhile; `stop` then releases what there is. */
  start(): Promise<Started> {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<Started> {
    const examples = readExamples(this.#config.example);
    // A database would be made, and its server started, only to be stopped again.
    await refuseTakenPort(this.#config);
    const database = await this.#openDatabase();
    this.#stopRequest.signal.throwIfAborted();
    const dial = this.#makeDial();
    const versions = this.#makeVersions(dial);
    const wrappers = this.#makeWrappers(versions);
    const exampleWrappers = wrappers.start(examples.flatMap((example) => example.wrappers));
    // Awaited below: until then its failure must not count as unhandled.
    exampleWrappers.catch(() => undefined);
    const pressure = this.#makePressure(versions);
    const services = await this.#makeServices(database, { versions, dial, wrappers, pressure });
    this.#stopRequest.signal.throwIfAborted();
    refuseOpenToOthers(this.#config, services.access.isOpen);
    const { url, graphql } = await this.#startFronts(services, firstQuery(examples[0]?.manifest));
    // Only now: making the schema keeps the event loop longer than pressure would, of which nobody need hear.
    pressure.start();
    // What was deployed comes up with the server, if it comes up in time; if not, the server serves all the same.
    const deployed = this.#within(WRAPPERS_READY_MS, services.deployments.settled());
    await Promise.race([Promise.all([exampleWrappers, deployed]), this.#whenStopRequested()]);
    this.#stopRequest.signal.throwIfAborted();
    for (const { manifest } of examples) await setUpExample(graphql.ask.bind(graphql), manifest);
    this.#stopRequest.signal.throwIfAborted();
    this.#ready = true;
    return { url, database: database.place, examples, isOpen: services.access.isOpen };
  }

  /** An API key that may do everything, instead of a start; `stop` then releases what there is. */
  async createAdminKey(): Promise<string> {
    const database = await this.#openDatabase();
    return createAdminKey(database, this.#clock, this.#log);
  }

  /** Readiness goes first, then what was accepted is answered, then everything is released. One promise for all. */
  stop(): Promise<void> {
    this.#ready = false;
    this.#stopRequest.abort(new Error("stopped while starting"));
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** For when there is no time to stop: what would outlive this process. Wrappers end with their stdin. */
  abandon(): void {
    this.#endPostgres?.();
  }

  async #stop(): Promise<void> {
    await this.#releaseAll();
    // A start that was under way is waited for: what it was just acquiring would be left behind.
    await this.#started?.catch(() => undefined);
    await this.#releaseAll();
  }

  #whenStopRequested(): Promise<void> {
    const { signal } = this.#stopRequest;
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }

  async #releaseAll(): Promise<void> {
    for (let release = this.#releases.pop(); release !== undefined; release = this.#releases.pop()) {
      try {
        await release();
      } catch (error) {
        this.#log.error(`while stopping: ${String(error)}`);
      }
    }
  }

  #within(limitMs: number, work: Promise<void>): Promise<void> {
    return within(this.#clock, limitMs, work, () => undefined);
  }

  async #openDatabase(): Promise<Database> {
    const url = this.#config.databaseUrl ?? (await this.#startPostgres());
    const refused = sparing(this.#clock, (why) => this.#log.warn(`the database did not do what it was asked: ${why}`));
    const database = await connectDatabase(url, { applicationName: "skysail", maxConnections: 8, refused });
    this.#releases.push(() => database.close());
    const applied = await migrate(database.sql);
    if (applied.length > 0) this.#log.info(`applied migrations ${applied.join(", ")}`);
    return database;
  }

  async #startPostgres(): Promise<string> {
    const { dataDir, postgres } = this.#config;
    const embedded = await startEmbeddedPostgres({ dataDir, rung: postgres, log: this.#log });
    this.#releases.push(() => embedded.stop());
    this.#endPostgres = () => {
      const pid = embedded.pid();
      if (pid !== undefined) process.kill(pid, "SIGQUIT");
    };
    const { rung, majorVersion } = embedded.binaries;
    this.#log.info(`PostgreSQL ${majorVersion} (${rung}) keeps its data in ${embedded.clusterDir}`);
    return embedded.url;
  }

  /** How registered wrappers are connected to. */
  #makeDial(): GuardedDial {
    const { wrapperHosts, wrapperCa: ca, wrapperCertificate: certificate, wrapperKey: key } = this.#config;
    let tls: WrapperTls | undefined;
    if (ca !== undefined && certificate !== undefined && key !== undefined) {
      tls = openWrapperTls({ ca, certificate, key }, (message) => this.#log.warn(message));
      this.#releases.push(() => tls?.stop());
    }
    const addressesOf = async (name: string): Promise<readonly string[]> =>
      (await lookup(name, { all: true })).map(({ address }) => address);
    return new GuardedDial({ rules: new HostRules(wrapperHosts), lookup: addressesOf, tls });
  }

  #makeVersions(dial: GuardedDial): ModelVersions {
    const { models, maxQueueRows, maxMessageBytes, batchTimeoutMs } = this.#config;
    const { batchSizeController, maxBatchRows } = this.#config;
    const defaults = { batchSizeController, maxBatchRows };
    const versions = new ModelVersions({
      clock: this.#clock,
      random: Math.random,
      cache: this.#cache,
      approximateBytes: () => this.#cache.capacityBytes / 8,
      configuredSettings: (model) => ({ ...defaults, ...models[model] }),
      maxQueueRows,
      dial: dial.to.bind(dial),
      resolve: dial.resolve.bind(dial),
      maxMessageBytes,
      batchTimeoutMs,
      onReplicaChange: (text) => this.#log.info(text),
    });
    return versions;
  }

  #makeWrappers(versions: ModelVersions): LaunchedWrappers {
    const wrappers = new LaunchedWrappers({
      clock: this.#clock,
      random: Math.random,
      versions,
      log: (name, line) => this.#log.wrapper(name, line),
      maxMessageBytes: this.#config.maxMessageBytes,
      readyTimeoutMs: WRAPPERS_READY_MS,
    });
    this.#releases.push(() => wrappers.stop());
    this.#releases.push(() => versions.stop());
    return wrappers;
  }

  #makeServices(
    database: Database,
    made: Pick<ServicesOptions, "versions" | "dial" | "wrappers" | "pressure">,
  ): Promise<Services> {
    const services = new ServiceComposition({
      root: ROOT,
      config: this.#config,
      clock: this.#clock,
      log: this.#log,
      database,
      ...made,
      answerMarginMs: this.#answerMarginMs,
      random: Math.random,
      randomBytes,
    });
    this.#releases.push(() => this.#within(SERVICES_MS, services.stop()));
    return services.start();
  }

  #makePressure(versions: ModelVersions): Pressure {
    const pressure = new Pressure({
      clock: this.#clock,
      memoryShare,
      limitCache: (share) => {
        this.#cache.capacityBytes = Math.floor(this.#config.cacheBytes * share);
        for (const served of versions.all()) served.resizeApproximate();
        this.#shrinkCache();
      },
      warn: (message) => this.#log.warn(message),
    });
    this.#releases.push(() => pressure.stop());
    return pressure;
  }

  /** A thousand steps a turn, so that no query waits for them. */
  #shrinkCache(): void {
    if (this.#cache.shrink()) this.#clock.turnEnd(() => this.#shrinkCache());
  }

  async #startFronts(services: Services, query: string): Promise<{ url: string; graphql: GraphqlHttpFront }> {
    const schema = buildGraphqlSchema();
    const { logDefect } = services;
    const { operations: file } = this.#config;
    const allowed = file === undefined ? undefined : allowedOperations(file, schema, services.catalogue);
    const operations = new PersistedOperations(allowed?.main);
    const { maxSocketsPerKey: sockets, maxSubscriptionsPerKey: subscriptions } = this.#config;
    const open = new OpenConnections({ sockets, subscriptions });
    const events = new EventStreamFront({ services, open, logDefect });
    const common = { schema, services, graphiql: new GraphiqlPage(query), events, logDefect };
    const lane = new HotLane(schema);
    const graphql = new GraphqlHttpFront({ ...common, operations, lane });
    const operationsOf = (name: string) =>
      allowed === undefined ? operations : new PersistedOperations(allowed.of(name));
    const applications = new ApplicationFronts({ ...common, operationsOf });
    await graphql.start();
    this.#releases.push(() => this.#within(IDLE_MS, services.versions.whenIdle()));
    this.#releases.push(() => graphql.stop());
    const { host, port } = this.#config;
    const handlers = {
      path: GRAPHQL_PATH,
      handle: graphql.handle.bind(graphql),
      handleBelow: applications.handle.bind(applications),
    };
    const { corsOrigins, tlsCertificate, tlsKey } = this.#config;
    const tls =
      tlsCertificate === undefined || tlsKey === undefined ? undefined : { certificate: tlsCertificate, key: tlsKey };
    const warn = (message: string): void => this.#log.warn(message);
    const http = new HttpServer({ host, port, corsOrigins, tls, warn, graphql: handlers });
    const hotOperations = (): number => graphql.hotOperations + applications.hotOperations;
    addOperationsRoutes(http.routes, {
      isReady: () => this.#ready,
      degraded: services.degraded,
      metricsRefusal: (authorization) => metricsRefusal(services.access, authorization),
      metricsText: prometheusOf(services, hotOperations, this.#answerMarginMs),
    });
    addArtefactRoutes(http.routes, {
      admit: (asked) => admitArtefact(services, asked),
      sizeOf: (sha256) => services.artefacts.sizeOf(sha256),
      put: (...given) => services.artefacts.put(...given),
      takesLong: () => http.takesLong(),
      logDefect,
    });
    const boundPort = await http.start();
    this.#releases.push(() => http.stop(DRAIN_MS));
    const onUpgrade = http.onUpgrade.bind(http);
    const websockets = startWebsockets({ schema, services, operations, lane, open, onUpgrade, logDefect });
    this.#releases.push(async () => {
      // Together: each may take its time to answer what is under way.
      const closed = http.stop(DRAIN_MS);
      events.stop();
      await websockets.stop().finally(() => closed);
    });
    return {
      url: `${tls === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${boundPort}`,
      graphql,
    };
  }
}

function prometheusOf(services: Services, hotOperations: () => number, eventLoopLateMs: () => number) {
  const registry = prometheusRegistry({
    serving: services.metrics,
    models: () => services.versions.figures(),
    learning: () => services.catalogue.names().flatMap((name) => services.learningFigures(name) ?? []),
    process: () => ({
      heldEntities: services.heldEntities().entities,
      heldEntityBytes: services.heldEntities().bytes,
      ...services.versions.cacheFigures(),
      hotOperations: hotOperations(),
      eventLoopLateMs: eventLoopLateMs(),
      refusedRequests: new Map([["UNAUTHENTICATED", services.access.unknownCallers], ...services.refusals.counts]),
    }),
  });
  return async () => ({ type: registry.contentType, text: await registry.metrics() });
}
