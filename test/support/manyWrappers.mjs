import { pino } from "pino";
import { defineModel } from "../../dist/wrappers/typescript/sdk/model.js";
import { serveModel } from "../../dist/wrappers/typescript/sdk/serveModel.js";

/** Many wrappers in one process, which are killed and restarted at once: how many, and at which addresses. */
const [count, ...given] = process.argv.slice(2);
const addresses = given.length > 0 ? given : Array.from({ length: Number(count) }, () => "127.0.0.1:0");
const tensor = (name) => ({ name, datatype: "FP32", shape: [1] });
const model = defineModel({
  name: "stub",
  version: "1",
  platform: "test",
  signature: { inputs: [tensor("x")], outputs: [tensor("y")] },
  predict: ({ inputs: [x] }) => [x.values("FP32")],
});
const logger = pino({ level: "silent" });
const servers = await Promise.all(addresses.map((listen) => serveModel(model, { listen, logger })));
const listening = servers.map(({ address }) => address).join(",");
process.stdout.write(`${JSON.stringify({ listening, model: "stub", version: "1" })}\n`);
