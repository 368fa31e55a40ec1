import { expect, test } from "@jest/globals";
import { GraphQLError } from "graphql";
import { Caller } from "../../src/lib/caller.js";
import { newContext } from "../../src/graphql/context.js";
import { prepareOperation } from "../../src/graphql/prepareOperation.js";
import type { OperationPayload } from "../../src/graphql/prepareOperation.js";
import { EVERYTHING, TICKS, tickingWorld } from "../support/tickingWorld.js";

function setUp() {
  const world = tickingWorld();
  const { services, lane } = world;
  const prepare = (payload: OperationPayload, access = EVERYTHING) =>
    prepareOperation(
      world,
      newContext(services, { arrivalMs: 0, caller: new Caller(), access, address: () => "" }),
      payload,
    );
  const documentOf = (payload: OperationPayload) => {
    const prepared = prepare(payload);
    if (!("document" in prepared)) throw prepared[0] ?? new Error("nothing was prepared");
    return prepared.document;
  };
  return { lane, prepare, documentOf };
}

test("a subscription that was let through is neither parsed nor validated again", () => {
  const { lane, documentOf } = setUp();
  const first = documentOf({ query: TICKS });
  // Not as values of `expect`, which would print all their tokens.
  expect(documentOf({ query: TICKS }) === first).toBe(true);
  expect(documentOf({ query: TICKS, operationName: null }) === first).toBe(true);
  expect(lane.size).toBe(1);
  expect(documentOf({ query: `${TICKS} #` }) === first).toBe(false);
});

test("what it may do is looked at each time", () => {
  const { prepare, documentOf } = setUp();
  documentOf({ query: TICKS });
  const refused = prepare({ query: TICKS }, { ...EVERYTHING, scopes: new Set(["READ"]) });
  expect(refused).toEqual([expect.objectContaining({ extensions: expect.objectContaining({ code: "FORBIDDEN" }) })]);
});

test("what was refused, or what there is no operation for, is not kept", () => {
  const { lane, prepare } = setUp();
  for (const query of ["subscription { nothing }", "{", "", 7]) {
    expect(prepare({ query })).toEqual([expect.any(GraphQLError)]);
  }
  prepare({ query: TICKS }, { ...EVERYTHING, scopes: new Set() });
  prepare({ query: TICKS, operationName: "Nobody" });
  expect(lane.size).toBe(0);
});

test("one that is known is no query: it runs on no hot lane", () => {
  const { lane, documentOf } = setUp();
  documentOf({ query: TICKS });
  const { services } = tickingWorld();
  const context = newContext(services, { arrivalMs: 0, caller: new Caller(), access: EVERYTHING, address: () => "" });
  expect(lane.run({ query: TICKS, operationName: undefined, variables: undefined }, context)).toBeUndefined();
});
