import { expect, test } from "@jest/globals";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { GraphiqlPage } from "../../src/graphql/graphiqlPage.js";

function visit(page: GraphiqlPage, encoding: string) {
  const bodies: Buffer[] = [];
  const request = { headers: { "accept-encoding": encoding } } as unknown as IncomingMessage;
  const response = {
    writeHead: () => undefined,
    end: (body: Buffer) => bodies.push(body),
  } as unknown as ServerResponse;
  return { bodies, sent: page.send(request, response) };
}

test("visitors who come while the page is compressed wait for the same, and the event loop for nobody", async () => {
  const page = new GraphiqlPage("{ first }");
  const [first, second, plain] = [visit(page, "gzip"), visit(page, "gzip"), visit(page, "")];
  let turns = 0;
  const count = (): void => {
    turns++;
    if (first.bodies.length === 0) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all([first.sent, second.sent, plain.sent]);
  expect(turns).toBeGreaterThan(10);
  expect(second.bodies[0]).toBe(first.bodies[0]);
  expect(gunzipSync(first.bodies[0] as Buffer).equals(plain.bodies[0] as Buffer)).toBe(true);
  expect(plain.bodies[0]?.includes("{ first }")).toBe(true);
});
