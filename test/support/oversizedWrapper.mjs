import { createServer } from "node:http2";
import { gzipSync } from "node:zlib";
import {
  ModelInferRequest,
  ModelMetadataResponse,
  ModelReadyResponse,
  ModelStreamInferResponse,
  ServerMetadataResponse,
} from "../../dist/src/protocol/generated/inference.js";

/**
 * A wrapper straight on HTTP/2, since gRPC libraries do not send what this one does: it answers a row whose number is
 * negative with 64 MiB, plain or (argument `gzip`) packed into some kilobytes, and any other with its number. Says on
 * stderr when it has got such a batch.
 */
const packed = process.argv[2] === "gzip";
const tensor = (name) => ({ name, datatype: "FP32", shape: [-1, 1] });
const UNARY = {
  ModelMetadata: () => ModelMetadataResponse.encode(ModelMetadataResponse.fromPartial({ ...METADATA })),
  ModelReady: () => ModelReadyResponse.encode({ ready: true }),
  ServerMetadata: () => ServerMetadataResponse.encode(ServerMetadataResponse.fromPartial({ name: "oversized" })),
};
const METADATA = { name: "large", versions: ["1"], inputs: [tensor("x")], outputs: [tensor("y")] };
const HEADERS = { ":status": 200, "content-type": "application/grpc", ...(packed && { "grpc-encoding": "gzip" }) };

function frame(message, compressed = false) {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed ? 1 : 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function reply(id, raw) {
  const outputs = [{ name: "y", datatype: "FP32", shape: [raw.length / 4, 1] }];
  return ModelStreamInferResponse.encode(
    ModelStreamInferResponse.fromPartial({ inferResponse: { id, outputs, rawOutputContents: [raw] } }),
  ).finish();
}

// Made once: packing it takes longer than a ping may go unanswered. Nobody gets as far as its id.
const LARGE = reply("1", Buffer.alloc(64 * 2 ** 20));
const LARGE_FRAME = packed ? frame(gzipSync(LARGE), true) : frame(LARGE);

/** What a link asks first of a server without the extension. */
const REFUSED = ModelStreamInferResponse.encode(
  ModelStreamInferResponse.fromPartial({ errorMessage: "a request needs inputs" }),
).finish();

function answer(stream, { id, rawInputContents: [raw] }) {
  if (raw === undefined) return stream.write(frame(REFUSED));
  if (raw.readFloatLE(0) >= 0) return stream.write(frame(reply(id, raw)));
  process.stderr.write("got a batch to answer at length\n");
  stream.write(LARGE_FRAME);
}

/** Requests are small: each comes whole, if not always alone. */
function readRequests(stream) {
  let rest = Buffer.alloc(0);
  stream.on("data", (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      answer(stream, ModelInferRequest.decode(rest.subarray(5, end)));
      rest = rest.subarray(end);
    }
  });
}

const server = createServer();
server.on("stream", (stream, headers) => {
  stream.on("error", () => undefined);
  const method = headers[":path"].split("/").at(-1);
  if (method === "ModelStreamInfer") {
    stream.respond(HEADERS);
    return readRequests(stream);
  }
  const unary = UNARY[method];
  if (unary === undefined) return stream.respond({ ...HEADERS, "grpc-status": "12" }, { endStream: true });
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(frame(unary().finish()));
});
server.on("sessionError", () => undefined);
server.listen(0, "127.0.0.1", () => {
  const listening = `127.0.0.1:${server.address().port}`;
  process.stdout.write(`${JSON.stringify({ listening, model: "large", version: "1" })}\n`);
});
