import { expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { AnswerQueue } from "../../src/http/answerQueue.js";
import { MonotonicClock } from "../../src/lib/monotonicClock.js";

const TEXT = '{"data":"ä€😀"}\n';
type Answer = (response: ServerResponse, body: string) => void;

const byNode: Answer = (response, body) => {
  response.writeHead(200, {
    "cache-control": "no-store",
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
};

/** All that comes back on one connection for what is sent on it at once, and how often the server let go of a response. */
async function exchange(answer: Answer, sent: string): Promise<{ came: string; closed: number }> {
  let closed = 0;
  const server = createServer({ keepAliveTimeout: 5900 }, (request, response) => {
    response.on("close", () => (closed += 1));
    if (request.url === "/vary") response.setHeader("vary", "origin");
    request.resume().on("end", () => answer(response, request.url === "/ascii" ? "{}\n" : TEXT));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.write(sent);
  const came = await text(socket);
  server.close();
  return { came: came.replaceAll(/Date: .*GMT/g, "Date"), closed };
}

function request(path: string, version = "1.1", head = ""): string {
  return `POST ${path} HTTP/${version}\r\nHost: localhost\r\nContent-Length: 2\r\n${head}\r\n{}`;
}

const LAST = request("/last", "1.1", "Connection: close\r\n");

test.each([
  ["one after another on a connection", request("/ascii") + request("/other") + LAST],
  ["with a header set before", request("/vary") + LAST],
  ["over HTTP/1.0, kept and not", request("/", "1.0", "Connection: keep-alive\r\n") + request("/", "1.0")],
])("answers are node's own, byte for byte: %s", async (_what, sent) => {
  const queue = new AnswerQueue(new MonotonicClock());
  const byQueue: Answer = (response, body) => queue.send(response, "application/json", body);
  const expected = await exchange(byNode, sent);
  expect(expected.came.split("HTTP/1.1 200 OK").length).toBeGreaterThan(2);
  expect(await exchange(byQueue, sent)).toEqual(expected);
});

test("an answer for a client that has half left is nobody's defect", async () => {
  const queue = new AnswerQueue(new MonotonicClock());
  const problems: unknown[] = [];
  const server = createServer((asked, response) => {
    response.on("error", (error) => problems.push(error));
    asked.resume().on("end", () => asked.socket.once("end", () => queue.send(response, "application/json", TEXT)));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.end(request("/"));
  await text(socket);
  expect(problems).toEqual([]);
  server.close();
});
