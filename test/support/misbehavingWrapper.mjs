import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import { GRPCInferenceServiceService, ModelStreamInferResponse } from "../../dist/src/protocol/generated/inference.js";
import { gateOpenedBy } from "./gate.mjs";

/**
 * A wrapper without the SDK, whose checks would keep it from doing this: the first number of a batch's first row says
 * how the batch is answered, the second number of each row is its right answer.
 */
const [name = "misbehaving", width = "2"] = process.argv.slice(2);
const tensor = (tensorName, size) => ({ name: tensorName, datatype: "FP32", shape: [-1, size] });

function answer(id, values, output = {}, raw = floats(values)) {
  const y = { name: "y", datatype: "FP32", shape: [values.length, 1], parameters: {}, contents: undefined, ...output };
  return reply({ id, outputs: [y], rawOutputContents: [raw] });
}

function reply(inferResponse, errorMessage = "") {
  const whole = { modelName: name, modelVersion: "1", parameters: {}, outputs: [], rawOutputContents: [] };
  return { errorMessage, inferResponse: inferResponse && { ...whole, ...inferResponse } };
}

const floats = (values) => Buffer.from(Float32Array.from(values).buffer);
const opened = gateOpenedBy("SIGUSR2");

/** What is sent for a batch, by its way. */
const WAYS = {
  right: (id, values) => [answer(id, values)],
  short: (id, values) => [answer(id, values.slice(1))],
  long: (id, values) => [answer(id, [...values, 9])],
  none: (id) => [answer(id, [])],
  shortBytes: (id, values) => [answer(id, values, {}, floats(values).subarray(1))],
  longBytes: (id, values) => [answer(id, values, {}, floats([...values, 9]))],
  firstNaN: (id, [, ...rest]) => [answer(id, [NaN, ...rest])],
  infinite: (id, values) => [
    answer(
      id,
      values.map(() => Infinity),
    ),
  ],
  datatype: (id, values) => [answer(id, values, { datatype: "INT32" })],
  shape: (id, values) => [answer(id, values, { shape: [values.length, 2] })],
  name: (id, values) => [answer(id, values, { name: "z" })],
  noOutput: (id) => [reply({ id })],
  noRaw: (id, values) => [
    { ...answer(id, values), inferResponse: { ...answer(id, values).inferResponse, rawOutputContents: [] } },
  ],
  error: (id) => [reply({ id }, "it failed on purpose")],
  errorWithoutId: () => [reply(undefined, "it failed without saying where")],
  empty: () => [reply(undefined)],
  garbage: () => [Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x7f])],
  unknownFirst: (id, values) => [
    answer(
      `${Number(id) + 1000}`,
      values.map(() => 9),
    ),
    answer(id, values),
  ],
  twice: (id, values) => [
    answer(id, values),
    answer(
      id,
      values.map(() => 9),
    ),
  ],
  end: () => [],
  held: async (id, values) => {
    process.stderr.write("holding\n");
    await opened();
    return [answer(id, values)];
  },
  /** In whichever row it is. */
  exit: () => process.exit(1),
};
const NAMES = Object.keys(WAYS);

async function onRequest(call, request) {
  // What a link asks first of a server without the extension.
  if (request.inputs.length === 0) return void call.write(reply({ id: request.id }, "a request needs inputs"));
  const cells = Number(width);
  const raw = request.rawInputContents[0];
  const numbers = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
  const values = Array.from({ length: numbers.length / cells }, (_, row) => numbers[row * cells + 1]);
  const exits = values.some((_, row) => NAMES[numbers[row * cells]] === "exit");
  const way = exits ? "exit" : NAMES[numbers[0]];
  if (way === "end") call.end();
  for (const message of await WAYS[way](request.id, values)) call.write(message);
}

const service = {
  ...GRPCInferenceServiceService,
  modelStreamInfer: {
    ...GRPCInferenceServiceService.modelStreamInfer,
    responseSerialize: (message) =>
      Buffer.isBuffer(message) ? message : Buffer.from(ModelStreamInferResponse.encode(message).finish()),
  },
};
const unimplemented = (_call, callback) => callback({ code: status.UNIMPLEMENTED });
const server = new Server();
server.addService(service, {
  serverLive: (_call, callback) => callback(null, { live: true }),
  serverReady: (_call, callback) => callback(null, { ready: true }),
  modelReady: (_call, callback) => callback(null, { ready: true }),
  serverMetadata: (_call, callback) => callback(null, { name: "misbehaving", version: "1", extensions: [] }),
  modelMetadata: (_call, callback) =>
    callback(null, {
      name,
      versions: ["1"],
      platform: "test",
      inputs: [tensor("x", Number(width))],
      outputs: [tensor("y", 1)],
      properties: {},
    }),
  modelInfer: unimplemented,
  modelStreamInfer: (call) => {
    call.on("data", (request) => void onRequest(call, request));
    call.on("end", () => call.end());
    call.on("error", () => undefined);
  },
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${JSON.stringify({ listening: `127.0.0.1:${port}`, model: name, version: "1" })}\n`);
});
