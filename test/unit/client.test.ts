import { afterEach, expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { Client } from "../../src/cli/client.js";

const before = process.env["SKYSAIL_KEY"];
let server: Server | undefined;

afterEach(() => {
  if (before === undefined) delete process.env["SKYSAIL_KEY"];
  else process.env["SKYSAIL_KEY"] = before;
  server?.close();
});

/** Asks a server that takes nobody. */
async function refusal(): Promise<unknown> {
  const errors = [{ message: "the API key is not known", extensions: { code: "UNAUTHENTICATED" } }];
  server = createServer((_, response) => void response.writeHead(401).end(JSON.stringify({ errors })));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const asked = new Client(`http://127.0.0.1:${port}`).ask("models", "{ models }", {}, z.unknown());
  return asked.catch((error: unknown) => (error as Error).message);
}

test("a command without a key says where it takes one from", async () => {
  delete process.env["SKYSAIL_KEY"];
  expect(await refusal()).toBe("the server needs a key: give one in the environment as SKYSAIL_KEY (docs/access.md)");
});

test("a command with a key that is not good says so", async () => {
  process.env["SKYSAIL_KEY"] = "pk_nobody";
  expect(await refusal()).toBe("the key in SKYSAIL_KEY is not good: the API key is not known");
});

test("a server without https is told of in one line", async () => {
  server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const asked = new Client(url).ask("models", "{ models }", {}, z.unknown());
  await expect(asked).rejects.toThrow(
    `no server answers at ${url}/graphql (ERR_SSL_WRONG_VERSION_NUMBER); start one (npm start) or give --url`,
  );
});

test.each(["banana", "ftp://127.0.0.1", "127.0.0.1:4000"])("%s is no server's address", (url) => {
  expect(() => new Client(url)).toThrow(`--url ${url}: expected an address like http://127.0.0.1:4000`);
});
