import { beforeAll, describe, expect, test } from "@jest/globals";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
let server: TestServer;
beforeAll(async () => {
  server = await servers.start();
});

const REFUSED: readonly (readonly [string, object])[] = [
  ["a document that cannot be parsed", { query: "{" }],
  ["a document that is not valid", { query: "{ nothing }" }],
  ["a document that is too deep", { query: "{".repeat(20) + "a" + "}".repeat(20) }],
  ["variables that do not fit", { query: "query P($first: Int!) { models(first: $first) { edges { cursor } } }" }],
];

describe.each(REFUSED)("%s", (_what, body) => {
  test("has status 400 where the client knows application/graphql-response+json", async () => {
    const { status, text } = await server.post(body, {
      accept: "application/graphql-response+json, application/json;q=0.9",
    });
    expect({ status, errors: text.startsWith('{"errors":[') }).toEqual({ status: 400, errors: true });
  });

  test("has status 200 where the client asks for application/json by name", async () => {
    const { status, contentType, text } = await server.post(body, { accept: "application/json" });
    expect({ status, errors: text.startsWith('{"errors":[') }).toEqual({ status: 200, errors: true });
    expect(contentType).toMatch(/^application\/json/);
  });
});

test.each([
  ["no JSON", "{"],
  ["no query", "{}"],
  ["a query that is no text", '{"query":7}'],
])("a body with %s has status 400 for everyone", async (_what, body) => {
  for (const accept of ["application/json", "application/graphql-response+json"]) {
    expect((await server.post(body, { accept })).status).toBe(400);
  }
});
