import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "node:tls";
import { promisify } from "node:util";
import { WebSocket } from "ws";
import { until } from "../support/ownProcesses.js";
import { temporaryFolder } from "../support/postgres.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const run = promisify(execFile);
const servers = testServers();
const SITE = "https://shop.example";
let folder: string;
let server: TestServer;
const file = (name: string): string => join(folder, name);

async function certify(name: string): Promise<void> {
  const kind = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${name}`];
  await run("openssl", ["req", "-x509", ...kind, "-keyout", file("new.key"), "-out", file("new.pem")]);
  await rename(file("new.key"), file("key.pem"));
  await rename(file("new.pem"), file("chain.pem"));
}

beforeAll(async () => {
  folder = await temporaryFolder();
  await certify("first.example");
  const tls = ["--tls-certificate", file("chain.pem"), "--tls-key", file("key.pem")];
  server = await servers.start({ args: ["--example", "none", "--cors-origins", SITE, ...tls] });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The name in the certificate, from a handshake of its own. */
function servedName(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(server.url).port), host: "127.0.0.1", rejectUnauthorized: false });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.end();
    });
  });
}

test("https is served, with a certificate that is read again when it is replaced", async () => {
  expect(server.banner).toContain("https://127.0.0.1:");
  expect(await servedName()).toBe("first.example");
  await certify("second.example");
  await until("the new certificate is served", async () => (await servedName()) === "second.example");
});

test.each([
  [SITE, true],
  ["https://other.example", false],
])("a page of %s is served over websockets: %s", async (origin, isServed) => {
  const url = `${server.url.replace("https", "wss")}/graphql`;
  const socket = new WebSocket(url, "graphql-transport-ws", { origin, rejectUnauthorized: false });
  const opened = await new Promise<boolean>((resolve) => {
    socket.once("open", () => resolve(true));
    socket.once("error", () => resolve(false));
  });
  socket.terminate();
  expect(opened).toBe(isServed);
});

test("only pages of listed sites may read answers", async () => {
  const plain = await servers.start({ args: ["--example", "none", "--cors-origins", SITE] });
  const ask = (origin: string, method: string) =>
    fetch(`${plain.url}/graphql`, {
      method,
      headers: { origin, "content-type": "application/json", "access-control-request-method": "POST" },
      ...(method === "POST" && { body: '{"query":"{ __typename }"}' }),
    });
  const allowed = (response: Response) => response.headers.get("access-control-allow-origin");
  const before = await ask(SITE, "OPTIONS");
  expect([before.status, allowed(before)]).toEqual([204, SITE]);
  expect(before.headers.get("access-control-allow-headers")).toContain("authorization");
  // The first through the pipeline, the second on the hot lane.
  for (let i = 0; i < 2; i++) expect(allowed(await ask(SITE, "POST"))).toBe(SITE);
  expect(allowed(await ask("https://other.example", "OPTIONS"))).toBeNull();
  expect(allowed(await ask("https://other.example", "POST"))).toBeNull();
});
