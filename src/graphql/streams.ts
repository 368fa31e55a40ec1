import { subscribe } from "graphql";
import type { ExecutionArgs, ExecutionResult } from "graphql";
import { refusal } from "./accessRefusal.js";
import type { OpenConnections, Release } from "./openConnections.js";

type Source = AsyncIterableIterator<ExecutionResult>;

/**
 * The subscriptions of one connection. Each has its place among those of its key from before it begins until its stream
 * has ended, however that came about; all end with the connection.
 */
export class Streams {
  readonly #open: OpenConnections;
  readonly #sources = new Set<Source>();
  /** Places of those that have not begun, by what they will run with. */
  readonly #places = new Map<unknown, Release>();
  #ended = false;

  constructor(open: OpenConnections) {
    this.#open = open;
  }

  /** Takes a place for what runs with this context. Throws a GraphQLError with code RATE_LIMITED where there is none. */
  reserve(keyId: string | undefined, context: unknown): void {
    const release = this.#open.openSubscription(keyId);
    const most = this.#open.caps.subscriptions;
    if (release === undefined) {
      throw refusal(
        "RATE_LIMITED",
        `this key has ${most} subscriptions open here, which is its limit: end one first`,
        RETRY_MS,
      );
    }
    this.#places.set(context, release);
  }

  /** As graphql-js's `subscribe`. */
  async subscribe(args: ExecutionArgs): Promise<Source | ExecutionResult> {
    const release = this.#places.get(args.contextValue);
    this.#places.delete(args.contextValue);
    try {
      const source = await subscribe(args);
      if (!(Symbol.asyncIterator in source)) {
        release?.();
        return source;
      }
      const tracked = this.#tracked(source as Source, release);
      if (this.#ended) await tracked.return?.();
      return tracked;
    } catch (error) {
      release?.();
      throw error;
    }
  }

  /** The connection is gone. */
  end(): void {
    this.#ended = true;
    for (const release of this.#places.values()) release();
    this.#places.clear();
    for (const source of [...this.#sources]) void source.return?.();
  }

  #tracked(source: Source, release: Release | undefined): Source {
    const over = (): void => {
      this.#sources.delete(tracked);
      release?.();
    };
    const tracked: Source = {
      next: async () => {
        try {
          const result = await source.next();
          if (result.done === true) over();
          return result;
        } catch (error) {
          over();
          throw error;
        }
      },
      return: async () => {
        over();
        await source.return?.();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => tracked,
    };
    this.#sources.add(tracked);
    return tracked;
  }
}

/** Nobody knows when one ends; a client that tries each second costs little. */
const RETRY_MS = 1000;
