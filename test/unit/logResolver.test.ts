import { describe, expect, test } from "@jest/globals";
import { OPEN_ACCESS, SCOPES } from "../../src/domain/access.js";
import type { Access, Scope } from "../../src/domain/access.js";
import type { LoggedObservation, StoredEvent } from "../../src/domain/learningPorts.js";
import type { RequestContext } from "../../src/graphql/context.js";
import { LogResolver } from "../../src/graphql/logResolver.js";

const ROW: LoggedObservation = {
  seq: 7,
  receiptId: "p",
  key: "",
  policyVersion: 1,
  entity: "ann",
  truth: { kind: "NUMBER", number: 3 },
  evidence: { context: [1, 2] },
  learnedBy: [1],
  observedAtMs: 0,
};
const EVENT: StoredEvent = { seq: 8, atMs: 0, kind: "ENTITY_RESET", content: { entity: "ann", states: 1 } };

interface ShownPage {
  readonly edges: readonly { readonly node: Readonly<Record<string, unknown>> }[];
}

function asking(...scopes: readonly Scope[]) {
  const reads: unknown[][] = [];
  const learned = {
    observations: (...given: unknown[]) => Promise.resolve((reads.push(given), [ROW])),
    events: () => Promise.resolve([EVENT]),
  };
  const access: Access = { ...OPEN_ACCESS, keyId: "k", scopes: new Set(scopes) };
  const context = { services: { learned }, access } as unknown as RequestContext;
  const resolver = new LogResolver();
  return {
    reads,
    context,
    resolver,
    observations: async (entity?: string) =>
      ((await resolver.observations("a", entity, 2, undefined, context)) as ShownPage).edges[0]?.node,
    events: async () => ((await resolver.policyEvents("a", 2, undefined, context)) as ShownPage).edges[0]?.node,
  };
}

describe("who told something is shown to administrators alone", () => {
  test("in the feedback log, with the features that it was learned by", async () => {
    expect(await asking("READ").observations()).not.toHaveProperty("entity");
    expect(await asking("READ").observations()).not.toHaveProperty("evidence");
    expect(await asking("READ").observations()).toMatchObject({ seq: 7, predictionId: "p", counts: true });
    expect(await asking(...SCOPES).observations()).toMatchObject({ entity: "ann", evidence: '{"context":[1,2]}' });
  });

  test("in events, as they are read and as they are pushed", async () => {
    expect(await asking("READ").events()).toMatchObject({ content: '{"states":1}' });
    expect(await asking(...SCOPES).events()).toMatchObject({ content: '{"entity":"ann","states":1}' });
    const { resolver, context } = asking("READ");
    expect(resolver.learningEvents(EVENT, "a", undefined, context)).toMatchObject({ content: '{"states":1}' });
  });

  test("and only they may ask for one entity's", async () => {
    const { observations, reads } = asking("READ");
    await expect(observations("ann")).rejects.toMatchObject({ extensions: { code: "FORBIDDEN" } });
    expect(reads).toEqual([]);
    expect(await asking("READ", "ADMIN").observations("ann")).toMatchObject({ entity: "ann" });
  });
});

test("a page of the log is read once, with one row more than it shows", async () => {
  const { observations, reads } = asking("READ");
  await observations();
  expect(reads).toEqual([["a", undefined, Number.MAX_SAFE_INTEGER, 3]]);
});
