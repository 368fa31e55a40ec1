import { beforeAll, describe, expect, test } from "@jest/globals";
import { serverAudits } from "graphql-http";
import { application } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

/**
 * The audits of GraphQL over HTTP that its working group keeps. What servers MAY do and this one does not: queries by GET,
 * which other sites' pages could send for their visitors, and caches would keep.
 */
const MAY_BE_LEFT = /^MAY /;

let url = "";
const AUDITS = serverAudits({ url: () => url, fetchFn: fetch });
const servers = testServers();
let server: TestServer;

beforeAll(async () => {
  server = await servers.start();
  await application(server, "audited", []);
});

test("the audits are those that are known here", () => {
  const count = (word: string): number => AUDITS.filter(({ name }) => name.startsWith(`${word} `)).length;
  expect({ must: count("MUST"), should: count("SHOULD"), may: count("MAY") }).toEqual({
    must: 13,
    should: 23,
    may: 25,
  });
});

describe.each(["/graphql", "/graphql/apps/audited"])("%s", (path) => {
  beforeAll(() => {
    url = `${server.url}${path}`;
  });

  test.each(AUDITS.map(({ name, fn }) => [name, fn] as const))("%s", async (name, audit) => {
    const result = await audit();
    const problem = result.status === "ok" ? undefined : result.reason;
    if (MAY_BE_LEFT.test(name)) expect(result.status).toMatch(/ok|notice/);
    else expect(problem).toBeUndefined();
  });
});
