import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createClient } from "graphql-ws";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { CryptoKey } from "jose";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { WebSocket } from "ws";
import { askEvents, askWith } from "../support/keyed.js";
import { temporaryFolder } from "../support/postgres.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
const APPLICATIONS = { query: "{ applications { edges { node { name } } } }", variables: {} };
const FOLLOW = `subscription { policyUpdates(application: "digits") { policyVersion } }`;
/** Clocks may differ by so much: a token is good until then. */
const TOLERANCE_S = 60;

let issuer: string;
let key: CryptoKey;
let server: TestServer;
const keys = createServer();

beforeAll(async () => {
  const pair = await generateKeyPair("ES256");
  key = pair.privateKey;
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: "one", alg: "ES256" };
  keys.on("request", (_, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [jwk] }));
  });
  keys.listen(0, "127.0.0.1");
  await once(keys, "listening");
  issuer = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/`;
  const issuers = [{ issuer, audience: "skysail", jwksUrl: `${issuer}keys`, algorithms: ["ES256"] }];
  const folder = await temporaryFolder();
  const config = join(folder, "issuers.json");
  writeFileSync(config, JSON.stringify({ issuers }));
  server = await servers.start({ folder, args: ["--config", config, "--example", "digits"] });
});

afterAll(() => {
  keys.closeAllConnections();
  keys.close();
});

function token(claims: object, expiresInS = 300): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "ES256", kid: "one" })
    .setIssuer(issuer)
    .setAudience("skysail")
    .setSubject("somebody")
    .setExpirationTime(Math.floor(Date.now() / 1000) + expiresInS)
    .sign(key);
}

describe("a token of a configured issuer", () => {
  test("may do what its claims say, and see the applications that they name", async () => {
    const named = await token({ scope: "openid skysail:read", skysail_applications: ["digits"] });
    expect((await askWith(server, named, APPLICATIONS)).data).toEqual({
      applications: { edges: [{ node: { name: "digits" } }] },
    });
    const none = await token({ scope: "skysail:read" });
    expect((await askWith(server, none, APPLICATIONS)).data).toEqual({ applications: { edges: [] } });
    const other = await token({ scope: "skysail:predict", skysail_applications: "*" });
    expect(await askWith(server, other, APPLICATIONS)).toMatchObject({ status: 403, codes: ["FORBIDDEN"] });
  });

  test("is wanted from everybody, and is refused once it has expired", async () => {
    const old = await token({ scope: "skysail:read", skysail_applications: "*" }, -TOLERANCE_S - 1);
    for (const text of [undefined, old, "nonsense"]) {
      expect(await askWith(server, text, APPLICATIONS)).toMatchObject({ status: 401, codes: ["UNAUTHENTICATED"] });
    }
  });

  test("ends what is open on it when it expires", async () => {
    const short = await token({ scope: "skysail:read", skysail_applications: "*" }, 6 - TOLERANCE_S);
    const closed = new Promise<unknown>((resolve) => {
      const client = createClient({
        url: `${server.url.replace("http", "ws")}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${short}` },
        retryAttempts: 0,
        on: { closed: (event) => resolve((event as { code: number }).code) },
      });
      client.subscribe({ query: FOLLOW }, { next: () => undefined, error: () => undefined, complete: () => undefined });
    });
    expect(await askEvents(server, short, { query: FOLLOW, variables: {} })).toMatchObject({ status: 200, codes: [] });
    expect(await closed).toBe(4403);
  });
});
