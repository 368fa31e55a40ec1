import { afterAll, expect, test } from "@jest/globals";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { dialOwn } from "../../src/replicas/dial.js";
import { askSignature } from "../../src/replicas/wrapperClient.js";

const mute = createServer();
const accepting = new Promise<number>((resolve) => {
  mute.listen(0, "127.0.0.1", () => resolve((mute.address() as AddressInfo).port));
});
afterAll(() => {
  mute.close();
});

/** What a registration says of an endpoint at which no wrapper answers in time. */
async function refusal(target: string): Promise<unknown> {
  return askSignature({
    model: "m",
    version: 1,
    endpoints: [target],
    dial: () => dialOwn,
    maxMessageBytes: 2 ** 20,
    deadlineWallMs: Date.now() + 200,
  });
}

test("names a port at which nothing listens, and the remedy", async () => {
  const free = createServer();
  const port = await new Promise<number>((resolve) => {
    free.listen(0, "127.0.0.1", () => resolve((free.address() as AddressInfo).port));
  });
  await new Promise((resolve) => free.close(resolve));
  const why = `nothing answers there (connect ECONNREFUSED 127.0.0.1:${port}): start the wrapper first, or correct the endpoint`;
  expect(await refusal(`ipv4:127.0.0.1:${port}`)).toMatchObject({
    code: "MODEL_UNAVAILABLE",
    message: `the wrapper at ipv4:127.0.0.1:${port} did not describe m@1: ${why}`,
  });
});

test("names a socket that is not there", async () => {
  expect(await refusal("unix:/nowhere/wrapper.sock")).toMatchObject({
    message: expect.stringContaining("nothing answers there (connect ENOENT /nowhere/wrapper.sock)") as unknown,
  });
});

test("says of what listens without gRPC that it does", async () => {
  expect(await refusal(`ipv4:127.0.0.1:${await accepting}`)).toMatchObject({
    message: expect.stringContaining("something listens there, but it did not answer as a gRPC server") as unknown,
  });
});
