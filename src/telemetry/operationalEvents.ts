import { STALLED_AFTER_MS } from "../domain/learningPorts.js";
import type { AdaptationState } from "../domain/learningPorts.js";
import type { Cancel, Clock } from "../domain/ports.js";
import { LatestValues } from "../lib/latestValues.js";
import type { Told } from "../lib/latestValues.js";
import type { ModelFigures } from "./figures.js";

export type EventKind =
  | "REPLICA_STATE"
  | "REPLICA_EJECTED"
  | "ROWS_DROPPED"
  | "RETRIES_REFUSED"
  | "INPUTS_QUARANTINED"
  | "CURRENT_VERSION"
  | "POLICY_VERSION"
  | "DRIFT"
  | "ADAPTATION"
  | "LEARNING";

/** What it is of: either an application or a model. */
interface Subject {
  readonly kind: EventKind;
  readonly application?: string;
  readonly model?: string;
  readonly version?: number;
  readonly replica?: string;
}

export interface OperationalEvent extends Subject {
  readonly at: Date;
  /** Of what is in one state at a time: undefined where it was not there before, or is not any more. */
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  /** Of what is counted: how many since it was last looked at. */
  readonly count?: number;
}

export interface EventSources {
  readonly clock: Clock;
  readonly models: () => readonly ModelFigures[];
  readonly currentVersions: () => readonly { readonly name: string; readonly currentVersion: number | undefined }[];
  readonly policies: () => readonly {
    readonly name: string;
    readonly policyVersion: number;
    /** Changes of mean losses that this process told of. */
    readonly drifts: number;
    readonly adaptation: AdaptationState;
    /** Since what is known of its log was last found to be all of it. */
    readonly stateAgeMs: number;
  }[];
}

/** How long an event may stay unseen. */
const LOOK_EVERY_MS = 250;
const MOST_WAITING = 256;

type Seen = ReadonlyMap<string, { readonly subject: Subject; readonly value: string | number }>;

interface Follower {
  readonly wants: (event: OperationalEvent) => boolean;
  /** Whether there is still something that events could be of. */
  readonly isThere: () => boolean;
  readonly values: LatestValues<OperationalEvent>;
}

/**
 * What happens to replicas, queues, versions and policies here: found by comparing what is counted and known anyway, four
 * times a second for all who follow. While nobody does nothing is looked at.
 */
export class OperationalEvents {
  readonly #sources: EventSources;
  readonly #followers = new Set<Follower>();
  #before: Seen = new Map();
  #cancelLook: Cancel | undefined;
  #stopped = false;

  constructor(sources: EventSources) {
    this.#sources = sources;
  }

  /** How many follow. */
  get size(): number {
    return this.#followers.size;
  }

  /** From now on, as long as that is there. */
  follow(wants: Follower["wants"], isThere = (): boolean => true): AsyncIterableIterator<Told<OperationalEvent>> {
    const values = new LatestValues<OperationalEvent>(MOST_WAITING, () => this.#leave(follower));
    const follower = { wants, isThere, values };
    if (this.#followers.size === 0 && !this.#stopped) {
      this.#before = this.#see();
      this.#lookLater();
    }
    this.#followers.add(follower);
    if (this.#stopped) values.end();
    return values;
  }

  stop(): void {
    this.#stopped = true;
    for (const { values } of [...this.#followers]) values.end();
  }

  #leave(follower: Follower): void {
    this.#followers.delete(follower);
    if (this.#followers.size > 0) return;
    this.#cancelLook?.();
    this.#before = new Map();
  }

  #lookLater(): void {
    const { clock } = this.#sources;
    this.#cancelLook = clock.at(clock.nowMs() + LOOK_EVERY_MS, () => {
      this.#lookLater();
      const now = this.#see();
      const at = new Date(clock.wallMs());
      const events = changes(this.#before, now).map((event) => ({ ...event, at }));
      this.#before = now;
      for (const { wants, isThere, values } of [...this.#followers]) {
        for (const event of events) if (wants(event)) values.put(event);
        if (!isThere()) values.end();
      }
    });
  }

  #see(): Seen {
    const seen = new Map<string, { subject: Subject; value: string | number }>();
    const note = (subject: Subject, value: string | number): void =>
      void seen.set(JSON.stringify(subject), { subject, value });
    for (const figures of this.#sources.models()) {
      const { model, version, dropped, retriesRefused, quarantined } = figures;
      note({ kind: "ROWS_DROPPED", model, version }, dropped);
      note({ kind: "RETRIES_REFUSED", model, version }, retriesRefused);
      note({ kind: "INPUTS_QUARANTINED", model, version }, quarantined);
      for (const { endpoint, state, ejected } of figures.replicas) {
        note({ kind: "REPLICA_STATE", model, version, replica: endpoint }, state);
        note({ kind: "REPLICA_EJECTED", model, version, replica: endpoint }, ejected);
      }
    }
    for (const { name, currentVersion } of this.#sources.currentVersions()) {
      if (currentVersion !== undefined) note({ kind: "CURRENT_VERSION", model: name }, String(currentVersion));
    }
    for (const { name, policyVersion, drifts, adaptation, stateAgeMs } of this.#sources.policies()) {
      note({ kind: "POLICY_VERSION", application: name }, String(policyVersion));
      note({ kind: "DRIFT", application: name }, drifts);
      note({ kind: "ADAPTATION", application: name }, adaptation);
      note({ kind: "LEARNING", application: name }, stateAgeMs < STALLED_AFTER_MS ? "FOLLOWING" : "STALLED");
    }
    return seen;
  }
}

/** Counts that have grown, and states that are others. */
function changes(before: Seen, now: Seen): readonly Omit<OperationalEvent, "at">[] {
  const found: Omit<OperationalEvent, "at">[] = [];
  for (const [key, { subject, value }] of now) {
    const earlier = before.get(key)?.value;
    if (typeof value === "number") {
      const count = value - (typeof earlier === "number" ? earlier : 0);
      if (count > 0) found.push({ ...subject, count });
    } else if (value !== earlier) {
      found.push({ ...subject, before: earlier as string | undefined, after: value });
    }
  }
  for (const [key, { subject, value }] of before) {
    if (typeof value === "string" && !now.has(key)) found.push({ ...subject, before: value, after: undefined });
  }
  return found;
}
