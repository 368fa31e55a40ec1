import { beforeAll, describe, expect, test } from "@jest/globals";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
let server: TestServer;
beforeAll(async () => {
  server = await servers.start();
});

const SLOW = 250;
const BODY = JSON.stringify({ query: "{ __typename }" });
const POST = `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n`;

/** Sends its text a byte a second after `begun` at once, and says what it was answered when it is closed. */
class SlowClient {
  readonly closed: Promise<string>;
  readonly #socket: Socket;

  constructor(url: string, text: string, begun: number) {
    const { hostname, port } = new URL(url);
    this.#socket = connect(Number(port), hostname, () => void this.#socket.write(text.slice(0, begun)));
    let at = begun;
    const sending = setInterval(() => {
      if (at < text.length) this.#socket.write(text[at++] ?? "");
    }, 1000);
    let heard = "";
    this.#socket.on("data", (part) => (heard += String(part)));
    this.#socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      this.#socket.once("close", () => {
        clearInterval(sending);
        resolve(/^HTTP\/1\.1 (\d+)/.exec(heard)?.[1] ?? "no answer");
      });
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

describe("500 clients that send a byte a second", () => {
  test("are closed, those with slow headers and those with slow bodies, and everybody else is answered meanwhile", async () => {
    const headers = Array.from({ length: SLOW }, () => new SlowClient(server.url, POST, 30));
    const bodies = Array.from({ length: SLOW }, () => new SlowClient(server.url, `${POST}${BODY}`, POST.length));
    const slow = [...headers, ...bodies];
    try {
      let areClosed = false;
      const closed = Promise.all(slow.map((client) => client.closed)).finally(() => (areClosed = true));
      let answered = 0;
      while (!areClosed) {
        const { status } = await server.post({ query: "{ __typename }" });
        expect(status).toBe(200);
        answered += 1;
      }
      // Those with slow bodies would have been answered soon.
      expect(new Set(await closed)).toEqual(new Set(["408"]));
      expect(answered).toBeGreaterThan(20);
    } finally {
      for (const client of slow) client.destroy();
    }
  });
});

describe("the head of a request", () => {
  const statusWith = (bytes: number) =>
    new Promise<string | undefined>((resolve, reject) => {
      const { hostname, port } = new URL(server.url);
      const socket = connect(Number(port), hostname, () =>
        socket.write(
          `GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Long: ${"x".repeat(bytes)}\r\n\r\n`,
        ),
      );
      let heard = "";
      socket.on("data", (part) => (heard += String(part)));
      socket.once("error", reject);
      socket.once("close", () => resolve(/^HTTP\/1\.1 (\d+)/.exec(heard)?.[1]));
    });

  test("is refused above 8 kB", async () => {
    expect(await statusWith(7_900)).toBe("200");
    expect(await statusWith(8_300)).toBe("431");
  });
});

test("line breaks in a name write no line of the log", async () => {
  const forged = 'a\r\n{"level":30,"msg":"forged"}';
  for (const input of [
    {
      query: "mutation ($name: String!) { deleteApplication(input: { name: $name }) { __typename } }",
      variables: { name: forged },
    },
    {
      query: "mutation ($input: RegisterModelVersionInput!) { registerModelVersion(input: $input) { __typename } }",
      variables: { input: { model: forged, version: 1, endpoints: [`${forged}:1`] } },
    },
    { query: "{ __typename }", operationName: forged },
  ]) {
    await server.post(input);
  }
  await server.request(`/${encodeURIComponent(forged)}`, { headers: { "x-name": "a b" } });
  await server.stop();
  const lines = `${server.process.stderr.text}\n${server.banner}`.split(/[\r\n]/);
  expect(lines.filter((line) => line.startsWith('{"level":30,"msg":"forged"}'))).toEqual([]);
});
