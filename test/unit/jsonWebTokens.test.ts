import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from "jose";
import type { CryptoKey, JWK } from "jose";
import { parseIssuers } from "../../src/access/issuerSettings.js";
import type { IssuerSettings } from "../../src/access/issuerSettings.js";
import { JsonWebTokens } from "../../src/access/jsonWebTokens.js";
import { FakeClock } from "../support/fakeClock.js";

const ISSUER = "https://issuer.example";
const AUDIENCE = "skysail";
const clock = new FakeClock();
const nowS = () => Math.floor(clock.wallMs() / 1000);

let server: Server;
let asked = 0;
let keys: JWK[] = [];
let ours: CryptoKey;
let oursPublic: CryptoKey;
let tokens: JsonWebTokens;

function settings(changes: object = {}): IssuerSettings {
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  const given = { issuer: ISSUER, audience: AUDIENCE, jwksUrl, algorithms: ["RS256"], ...changes };
  const parsed = parseIssuers([given]);
  if (typeof parsed === "string" || parsed[0] === undefined) throw new Error(JSON.stringify(parsed));
  return parsed[0];
}

beforeAll(async () => {
  server = createServer((_request, response) => {
    asked += 1;
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const pair = await generateKeyPair("RS256", { extractable: true });
  ours = pair.privateKey;
  oursPublic = pair.publicKey;
  keys = [{ ...(await exportJWK(oursPublic)), kid: "one", alg: "RS256" }];
  tokens = new JsonWebTokens(clock, [settings()]);
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const CLAIMS = { iss: ISSUER, aud: AUDIENCE, sub: "me", scope: "skysail:predict openid", skysail_applications: ["a"] };

function signed(claims: Record<string, unknown> = {}, header: object = {}, key: CryptoKey = ours): Promise<string> {
  const payload = { exp: nowS() + 300, ...CLAIMS, ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg: "RS256", kid: "one", ...header }).sign(key);
}

const encode = (value: object | string): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

describe("a token of a trusted issuer", () => {
  test("has the scopes and applications of its claims", async () => {
    expect(await tokens.accessOf(await signed())).toMatchObject({
      keyId: `${ISSUER}#me`,
      scopes: new Set(["PREDICT"]),
      applications: new Set(["a"]),
    });
    const all = await signed({ scope: ["skysail:admin", "skysail:read"], skysail_applications: "*" });
    expect(await tokens.accessOf(all)).toMatchObject({ scopes: new Set(["READ", "ADMIN"]), applications: undefined });
    const none = await signed({ scope: undefined, skysail_applications: undefined });
    expect(await tokens.accessOf(none)).toMatchObject({ scopes: new Set(), applications: new Set() });
  });

  test("is remembered, and refused when it has expired all the same", async () => {
    const token = await signed({ exp: nowS() + 10 });
    await tokens.accessOf(token);
    expect(tokens.accessOf(token)).not.toBeInstanceOf(Promise);
    clock.advance(69_000);
    expect(typeof (await tokens.accessOf(token))).toBe("object");
    clock.advance(2_000);
    expect(await tokens.accessOf(token)).toContain("expired");
  });

  test("shares its subject's limit with the subject's other tokens", async () => {
    const limited = new JsonWebTokens(clock, [settings({ rowsPerSecond: 1 })]);
    const costs = { PREDICT: 1, OBSERVE: 0, OTHER: 0 };
    const take = async (token: string) => {
      const access = await limited.accessOf(token);
      return typeof access === "string" ? access : access.limit?.take(costs)?.bucket;
    };
    expect(await take(await signed())).toBeUndefined();
    expect(await take(await signed({ jti: "another" }))).toBe("PREDICT");
    expect(await take(await signed({ sub: "you" }))).toBeUndefined();
  });
});

describe("a token is refused", () => {
  const attacks: readonly (readonly [string, () => Promise<string> | string])[] = [
    ["without a signature", () => `${encode({ alg: "none" })}.${encode({ ...CLAIMS, exp: nowS() + 300 })}.`],
    [
      "signed with the public key as a shared secret",
      async () => {
        const text = `${encode({ alg: "HS256", kid: "one" })}.${encode({ ...CLAIMS, exp: nowS() + 300 })}`;
        return `${text}.${createHmac("sha256", await exportSPKI(oursPublic))
          .update(text)
          .digest("base64url")}`;
      },
    ],
    ["that has expired beyond a minute", () => signed({ exp: nowS() - 61 })],
    ["that begins later than in a minute", () => signed({ nbf: nowS() + 61 })],
    ["for another audience", () => signed({ aud: "other" })],
    ["of another issuer", () => signed({ iss: "https://other.example" })],
    ["without an end", () => signed({ exp: undefined })],
    ["without an audience", () => signed({ aud: undefined })],
    ["without a subject", () => signed({ sub: undefined })],
    [
      "with a key of its own in its head",
      async () => {
        const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
        return signed({}, { jwk: await exportJWK(publicKey) }, privateKey);
      },
    ],
    [
      "with the address of a key in its head",
      async () => {
        const { privateKey } = await generateKeyPair("RS256");
        return signed({}, { jku: "http://127.0.0.1:1/keys" }, privateKey);
      },
    ],
    [
      "signed with an algorithm that its issuer does not use",
      async () => {
        const { privateKey } = await generateKeyPair("ES256");
        return new SignJWT({ ...CLAIMS, exp: nowS() + 300 })
          .setProtectedHeader({ alg: "ES256", kid: "one" })
          .sign(privateKey);
      },
    ],
    ["of 100 kB", async () => `${await signed({ padding: "x".repeat(100_000) })}`],
    ["that is none", () => "a.b.c"],
    [
      "with a claim twice",
      async () => {
        const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
        keys.push({ ...(await exportJWK(publicKey)), kid: "two", alg: "RS256" });
        const payload = JSON.stringify({ ...CLAIMS, exp: nowS() + 300 }).replace("{", '{"sub":"you",');
        const { CompactSign } = await import("jose");
        return new CompactSign(Buffer.from(payload)).setProtectedHeader({ alg: "RS256", kid: "two" }).sign(privateKey);
      },
    ],
  ];

  test.each(attacks)("%s", async (_, make) => {
    const token = await make();
    expect(typeof (await new JsonWebTokens(clock, [settings()]).accessOf(token))).toBe("string");
  });

  test("of an unknown key, for which the issuer is asked again once a minute at most", async () => {
    const own = new JsonWebTokens(clock, [settings()]);
    await own.accessOf(await signed());
    const before = asked;
    for (let i = 0; i < 20; i++) expect(typeof (await own.accessOf(await signed({}, { kid: `k${i}` })))).toBe("string");
    expect(asked - before).toBeLessThanOrEqual(1);
  });
});

describe("issuers", () => {
  test.each([
    [{ algorithms: ["HS256"] }, /^issuers\.0\.algorithms\.0: /],
    [{ algorithms: ["none"] }, /^issuers\.0\.algorithms\.0: /],
    [{ algorithms: [] }, /^issuers\.0\.algorithms: /],
    [{ jwksUrl: "http://issuer.example/keys" }, /^issuers\.0\.jwksUrl: expected an https URL/],
    [{ audience: "" }, /^issuers\.0\.audience: /],
    [{ secret: "s" }, /^issuers\.0?/],
  ])("are refused with %j", (changes, message) => {
    const given = { issuer: ISSUER, audience: AUDIENCE, jwksUrl: "https://x/keys", algorithms: ["RS256"], ...changes };
    expect(parseIssuers([given])).toMatch(message);
  });
});
