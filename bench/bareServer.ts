import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * The baseline's program: what node:http and JSON alone cost. Reads a body, parses it, and answers with the JSON of
 * an object that is given as the one argument, rendered anew for each request.
 */
const answer: unknown = JSON.parse(process.argv[2] ?? "{}");

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const [first] = chunks;
    const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    const text = JSON.stringify(parsed === null ? null : answer);
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    response.end(text);
  });
});

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`listening http://127.0.0.1:${port}/\n`);
});
// The bench holds the other end.
process.stdin.on("end", () => process.exit(0)).resume();
