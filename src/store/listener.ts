import type postgres from "postgres";
import { FailureError, failure } from "../domain/failure.js";
import { CONNECT_WITHIN_MS, cannotConnect, within } from "./connecting.js";

/** PostgreSQL wakes every connection that listens to anything with every notification: so there is one channel, and one connection. */
export const CHANNEL = "skysail";

/** What goes on the channel to those who hear of a topic. */
export function notification(topic: string, carried = ""): string {
  return `${topic} ${carried}`;
}

interface Hearer {
  readonly topic: string;
  readonly heard: (carried: string) => void;
}

/** Listens while anybody wants to hear, on a connection that postgres.js makes again for ever when it is lost. */
export class Listener {
  readonly #connect: () => postgres.Sql;
  readonly #place: string;
  readonly #hearers = new Set<Hearer>();
  #listening: { readonly sql: postgres.Sql; readonly begun: Promise<unknown> } | undefined;

  constructor(connect: () => postgres.Sql, place: string) {
    this.#connect = connect;
    this.#place = place;
  }

  /** `heard`: what each notification carries, and "" whenever listening has begun anew. Throws STORE_UNAVAILABLE. */
  async listen(topic: string, heard: (carried: string) => void): Promise<{ stop(): Promise<void> }> {
    const hearer = { topic, heard };
    this.#hearers.add(hearer);
    const listening = (this.#listening ??= this.#begin());
    try {
      await within(CONNECT_WITHIN_MS, listening.begun);
    } catch (error) {
      this.#hearers.delete(hearer);
      // postgres.js remembers what failed: who asks next begins with another connection.
      if (this.#listening === listening) void this.close();
      throw new FailureError(failure("STORE_UNAVAILABLE", cannotConnect(this.#place, error)), { cause: error });
    }
    return {
      stop: async () => {
        this.#hearers.delete(hearer);
        if (this.#hearers.size === 0) await this.close();
      },
    };
  }

  async close(): Promise<void> {
    const listening = this.#listening;
    this.#listening = undefined;
    await listening?.sql.end({ timeout: 0 });
  }

  #begin(): { readonly sql: postgres.Sql; readonly begun: Promise<unknown> } {
    const sql = this.#connect();
    let first = true;
    const again = (): void => {
      if (!first) for (const { heard } of this.#hearers) heard("");
      first = false;
    };
    return { sql, begun: sql.listen(CHANNEL, (payload) => this.#tell(payload), again) };
  }

  #tell(payload: string): void {
    const space = payload.indexOf(" ");
    const topic = payload.slice(0, space);
    for (const hearer of this.#hearers) if (hearer.topic === topic) hearer.heard(payload.slice(space + 1));
  }
}
