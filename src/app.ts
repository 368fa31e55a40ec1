import { ExactCache } from "./caching/exactCache.js";
import { firstQuery, readExample, setUpExample } from "./cli/example.js";
import type { Example } from "./cli/example.js";
import type { Config } from "./config.js";
import type { Clock } from "./domain/ports.js";
import type { Services } from "./graphql/context.js";
import { GraphqlHttpFront } from "./graphql/httpFront.js";
import { buildGraphqlSchema } from "./graphql/schema.js";
import { GRAPHQL_PATH, startWebsocketFront } from "./graphql/websocketFront.js";
import { HttpServer } from "./http/httpServer.js";
import { addOperationsRoutes } from "./http/operationsRoutes.js";
import { MonotonicClock } from "./lib/monotonicClock.js";
import { memoryShare } from "./lib/memoryShare.js";
import { QuantileTracker } from "./lib/quantileTracker.js";
import { LaunchedWrappers } from "./serving/launchedWrappers.js";
import { ModelVersions } from "./serving/modelVersions.js";
import { Pressure } from "./serving/pressure.js";
import { ServiceComposition } from "./services.js";
import { connectDatabase } from "./store/database.js";
import type { Database } from "./store/database.js";
import { startEmbeddedPostgres } from "./store/embeddedPostgres.js";
import { migrate } from "./store/migrate.js";
import { createLog } from "./telemetry/log.js";
import type { Log } from "./telemetry/log.js";
import { prometheusRegistry } from "./telemetry/prometheus.js";

/** What the banner shows of a server that is ready. */
export interface Started {
  readonly url: string;
  readonly database: string;
  readonly example: Example | undefined;
}

/** Requests get so long to be answered when the server stops; then their connections are cut. */
const DRAIN_MS = 6000;
/** When all requests are answered nobody waits for the batches still in flight: a wrapper that hangs is not waited for. */
const IDLE_MS = 500;
const WRAPPERS_READY_MS = 30_000;

/**
 * The composition root: makes everything, starts it from the bottom (database, replicas, serving, fronts) and stops
 * it from the top. Only here do adapters meet ports.
 */
export class App {
  readonly #config: Config;
  readonly #answerMargin = new QuantileTracker({ quantile: 0.99, minimum: 1, maximum: 50 });
  readonly #clock: Clock = new MonotonicClock((lateMs) => this.#answerMargin.record(lateMs));
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
    const example = this.#config.example === "none" ? undefined : readExample(this.#config.example);
    const database = await this.#openDatabase();
    this.#stopRequest.signal.throwIfAborted();
    const versions = this.#makeVersions();
    const wrappers = this.#startWrappers(example, versions);
    // Awaited below: until then its failure must not count as unhandled.
    wrappers.catch(() => undefined);
    const services = await this.#makeServices(database, versions);
    this.#stopRequest.signal.throwIfAborted();
    const url = await this.#startFronts(services, firstQuery(example?.manifest));
    await Promise.race([wrappers, this.#whenStopRequested()]);
    this.#stopRequest.signal.throwIfAborted();
    if (example !== undefined) await setUpExample(`${url}${GRAPHQL_PATH}`, example.manifest);
    this.#stopRequest.signal.throwIfAborted();
    this.#ready = true;
    return { url, database: database.place, example };
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
    return Promise.race([
      work,
      new Promise<void>((resolve) => void this.#clock.at(this.#clock.nowMs() + limitMs, resolve)),
    ]);
  }

  async #openDatabase(): Promise<Database> {
    const url = this.#config.databaseUrl ?? (await this.#startPostgres());
    const database = await connectDatabase(url, { applicationName: "skysail", maxConnections: 8 });
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

  #makeVersions(): ModelVersions {
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
      maxMessageBytes,
      batchTimeoutMs,
      onReplicaChange: (text) => this.#log.info(text),
    });
    return versions;
  }

  #startWrappers(example: Example | undefined, versions: ModelVersions): Promise<void> {
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
    return wrappers.start(example?.wrappers ?? []);
  }

  #makeServices(database: Database, versions: ModelVersions): Promise<Services> {
    const services = new ServiceComposition({
      config: this.#config,
      clock: this.#clock,
      log: this.#log,
      database,
      versions,
      pressure: this.#startPressure(versions),
      answerMarginMs: () => this.#answerMargin.value,
    });
    this.#releases.push(() => services.stop());
    return services.start();
  }

  #startPressure(versions: ModelVersions): Pressure {
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
    pressure.start();
    this.#releases.push(() => pressure.stop());
    return pressure;
  }

  /** A thousand steps a turn, so that no query waits for them. */
  #shrinkCache(): void {
    if (this.#cache.shrink()) this.#clock.turnEnd(() => this.#shrinkCache());
  }

  async #startFronts(services: Services, query: string): Promise<string> {
    const schema = buildGraphqlSchema();
    const logDefect = (error: unknown) =>
      this.#log.error(`defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    const graphql = new GraphqlHttpFront({ schema, services, firstQuery: query, logDefect });
    await graphql.start();
    this.#releases.push(() => this.#within(IDLE_MS, services.versions.whenIdle()));
    this.#releases.push(() => graphql.stop());
    const { host, port } = this.#config;
    const handle = graphql.handle.bind(graphql);
    const http = new HttpServer({ host, port, graphql: { path: GRAPHQL_PATH, handle } });
    addOperationsRoutes(http.routes, {
      isReady: () => this.#ready,
      metricsText: prometheusOf(services, graphql, () => this.#answerMargin.value),
    });
    const boundPort = await http.start();
    this.#releases.push(() => http.stop(DRAIN_MS));
    const onUpgrade = http.onUpgrade.bind(http);
    const websockets = startWebsocketFront({ schema, services, onUpgrade, logDefect });
    this.#releases.push(async () => {
      // Together: each may take its time to answer what is under way.
      const closed = http.stop(DRAIN_MS);
      await websockets.stop().finally(() => closed);
    });
    return `http://${host.includes(":") ? `[${host}]` : host}:${boundPort}`;
  }
}

function prometheusOf(services: Services, graphql: GraphqlHttpFront, eventLoopLateMs: () => number) {
  const registry = prometheusRegistry({
    serving: services.metrics,
    models: () => services.versions.figures(),
    process: () => ({
      ...services.versions.cacheFigures(),
      hotOperations: graphql.hotOperations,
      eventLoopLateMs: eventLoopLateMs(),
    }),
  });
  return async () => ({ type: registry.contentType, text: await registry.metrics() });
}
