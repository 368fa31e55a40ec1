import { messageOf } from "../domain/messageOf.js";
import type { Cancel, Clock } from "../domain/ports.js";

/** Each group of addresses is one machine's: what a name stands for at present. Rejects where that is nothing, or refused. */
export type Resolve = (endpoint: string) => Promise<readonly (readonly string[])[]>;

export interface NamedReplicasOptions {
  /** `name:port`. */
  readonly endpoint: string;
  readonly resolve: Resolve;
  readonly clock: Clock;
  /** Links the wrapper at one of these addresses, tried in turn, under a name of its own; undefined: wherever the name leads. */
  readonly add: (name: string, addresses: readonly string[] | undefined) => void;
  readonly remove: (name: string) => void;
  readonly tell: (message: string) => void;
}

/** How often a name is looked up: what the resolver of the machine keeps, it answers from there. */
export const RESOLVE_EVERY_MS = 5_000;
/** Of one name: what a name server says must not open connections without end. */
export const MOST_REPLICAS = 64;

/**
 * The replicas behind one name, as its answer says: each machine is one, those that come are added, those that go leave.
 * An answer that fails, or has an address that is refused, changes nothing: what is linked tells by itself when it is gone.
 * Before the first good one the name itself is linked, so that its tries and problems are seen as any replica's.
 */
export class NamedReplicas {
  readonly #options: NamedReplicasOptions;
  readonly #linked = new Set<string>();
  #cancelNext: Cancel = () => undefined;
  #told = "";
  #stopped = false;

  constructor(options: NamedReplicasOptions) {
    this.#options = options;
  }

  /** Looks it up now, and again and again until `stop`. */
  start(): void {
    const { endpoint, resolve } = this.#options;
    void resolve(endpoint)
      .then(
        (machines) => this.#answered(machines),
        (error: unknown) => this.#failed(messageOf(error)),
      )
      .then(() => this.#again());
  }

  /** What it has linked stays. */
  stop(): void {
    this.#stopped = true;
    this.#cancelNext();
  }

  /** Stops, and everything that it has linked leaves. */
  leave(): void {
    this.stop();
    for (const name of this.#linked) this.#options.remove(name);
    this.#linked.clear();
  }

  #again(): void {
    if (this.#stopped) return;
    const { clock } = this.#options;
    this.#cancelNext = clock.at(clock.nowMs() + RESOLVE_EVERY_MS, () => this.start());
  }

  #answered(machines: readonly (readonly string[])[]): void {
    if (this.#stopped) return;
    const { endpoint } = this.#options;
    const named = machines.map((addresses) => [`${endpoint} (${addresses.join(", ")})`, addresses] as const).sort();
    if (named.length > MOST_REPLICAS) {
      this.#tell(`${endpoint} stands for ${named.length} machines: the first ${MOST_REPLICAS} are linked`);
    } else {
      this.#told = "";
    }
    this.#link(new Map(named.slice(0, MOST_REPLICAS)));
  }

  #failed(why: string): void {
    if (this.#stopped) return;
    const { endpoint } = this.#options;
    this.#tell(`${endpoint} could not be looked up, what is linked stays: ${why}`);
    if (this.#linked.size === 0) this.#link(new Map([[endpoint, undefined]]));
  }

  /** Those that come first: one that goes may serve until they are ready. */
  #link(wanted: ReadonlyMap<string, readonly string[] | undefined>): void {
    for (const [name, addresses] of wanted) {
      if (this.#linked.has(name)) continue;
      this.#linked.add(name);
      this.#options.add(name, addresses);
    }
    for (const name of this.#linked) {
      if (wanted.has(name)) continue;
      this.#linked.delete(name);
      this.#options.remove(name);
    }
  }

  /** Once, until it is something else. */
  #tell(message: string): void {
    if (message !== this.#told) this.#options.tell(message);
    this.#told = message;
  }
}
