import { buildSchema } from "graphql";
import type { GraphQLObjectType } from "graphql";
import { AccessControl } from "../../src/access/accessControl.js";
import { Refusals } from "../../src/access/refusals.js";
import type { Access, ApiKeyStore } from "../../src/domain/access.js";
import { SCOPES } from "../../src/domain/access.js";
import type { Services } from "../../src/graphql/context.js";
import { HotLane } from "../../src/graphql/hotLane.js";
import { OpenConnections } from "../../src/graphql/openConnections.js";
import { PersistedOperations } from "../../src/graphql/persistedOperations.js";
import { LatestValues } from "../../src/lib/latestValues.js";
import { FakeClock } from "./fakeClock.js";
import { settled } from "./fakeWebsocket.js";

export const EVERYTHING: Access = {
  keyId: "one",
  scopes: new Set(SCOPES),
  applications: undefined,
  expiresAtMs: undefined,
  limit: undefined,
};
export const TICKS = "subscription { metrics }";

export interface Given {
  /** What each token allows; undefined: access is open. */
  readonly tokens?: Readonly<Record<string, Access>>;
  readonly caps?: { readonly sockets: number; readonly subscriptions: number };
}

/** What a front for connections that last needs: a subscription that the test feeds, a query, and who may ask. */
export function tickingWorld({ tokens, caps = { sockets: 2, subscriptions: 3 } }: Given = {}) {
  const clock = new FakeClock();
  const known = { ...tokens };
  const store = { read: () => Promise.resolve([]) } as unknown as ApiKeyStore;
  const accessOf = (token: string) => known[token] ?? "unknown";
  const control = new AccessControl({
    ...{ clock, store, warn: () => undefined, randomBytes: (size) => Buffer.alloc(size) },
    tokens: tokens === undefined ? undefined : { accessOf },
  });
  const schema = buildSchema("type Query { models: Int } type Subscription { metrics: String }");
  const feeds = new Set<LatestValues<string>>();
  const root = schema.getSubscriptionType() as GraphQLObjectType;
  const field = root.getFields()["metrics"];
  if (field === undefined) throw new Error("no field");
  field.subscribe = () => {
    const feed: LatestValues<string> = new LatestValues<string>(1, () => feeds.delete(feed));
    feeds.add(feed);
    return feed;
  };
  field.resolve = (told: unknown) => (told as { value: string }).value;
  const defects: unknown[] = [];
  const open = new OpenConnections(caps);
  const refusals = new Refusals({ record: () => Promise.resolve(undefined) }, clock);
  const services = { clock, access: control, refusals } as unknown as Services;
  const operations = new PersistedOperations(undefined);
  const lane = new HotLane(schema);
  const logDefect = (error: unknown): void => void defects.push(error);
  const tick = async (text: string) => {
    for (const feed of feeds) feed.put(text);
    await settled();
  };
  return { clock, known, schema, services, operations, lane, open, logDefect, feeds, defects, tick };
}
