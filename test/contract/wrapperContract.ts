import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { status } from "@grpc/grpc-js";
import fc from "fast-check";
import { rowBytes, type Signature, type TensorSpec } from "../../src/domain/tensor.js";
import { checksumOfContents } from "../../src/protocol/checksum.js";
import { ModelInferRequest, type ModelInferResponse } from "../../src/protocol/generated/inference.js";
import { parseSignature } from "../../src/protocol/modelMetadata.js";
import { WrapperProcess, type WrapperCommand } from "../support/wrapperProcess.js";
import {
  inferUnary,
  randomRow,
  requestOf,
  seeded,
  statusOf,
  StreamClient,
  type RequestParts,
} from "../support/wrapperRequests.js";
import { expectSameOutputs, rowsOf } from "./outputs.js";
import { mutate, MutationStream } from "./mutations.js";

export interface ContractOptions {
  readonly expected: Signature;
  /** Rows that suit the model, where random ones do not. */
  readonly row?: (random: () => number) => Buffer[];
  /** Of a model that takes tenths of a second: fewer computations, as many messages. */
  readonly slow?: boolean;
}

/** What every wrapper keeps, whatever its language and framework: see wrappers/PROTOCOL.md. */
export function wrapperContract(name: string, command: () => WrapperCommand, options: ContractOptions): void {
  describe(`wrapper ${name}`, () => {
    let wrapper: WrapperProcess;
    let parts: RequestParts;
    const random = seeded(7);
    const row = (): Buffer[] => options.row?.(random) ?? randomRow(parts.signature, random);
    const rows = (count: number): Buffer[][] => Array.from({ length: count }, row);
    const start = (...more: string[]) =>
      WrapperProcess.start(command(), "--name", "contract", "--model-version", "3", ...more);

    beforeAll(async () => {
      wrapper = await start();
      parts = { model: "contract", version: "3", signature: parseSignature(await wrapper.metadata()) };
    });
    afterAll(() => wrapper.kill());

    const stillServes = async (): Promise<void> => {
      const response = await inferUnary(wrapper.client, requestOf(parts, rows(2), "alive"));
      expect(response.id).toBe("alive");
    };

    it("says on its first line where it listens and what it serves", () => {
      expect(wrapper.ready).toMatchObject({ model: "contract", version: "3" });
    });

    it("states the signature, the version, its concurrency and the extension", async () => {
      const metadata = await wrapper.metadata();
      expect(parts.signature).toEqual(options.expected);
      expect(metadata.versions).toEqual(["3"]);
      expect(Number(metadata.properties["concurrency"])).toBeGreaterThanOrEqual(1);
      const server = await new Promise<{ extensions: string[] } | undefined>((resolve) =>
        wrapper.client.serverMetadata({}, (_, response) => resolve(response)),
      );
      expect(server?.extensions).toContain("skysail");
    });

    it("is live and ready, and ready only for what it serves", async () => {
      const { client } = wrapper;
      const ready = (model: string, version: string) =>
        new Promise((resolve) =>
          client.modelReady({ name: model, version }, (_, response) => resolve(response?.ready)),
        );
      expect(await new Promise((resolve) => client.serverLive({}, (_, r) => resolve(r?.live)))).toBe(true);
      expect(await new Promise((resolve) => client.serverReady({}, (_, r) => resolve(r?.ready)))).toBe(true);
      expect([await ready("contract", "3"), await ready("contract", ""), await ready("other", "3")]).toEqual([
        true,
        true,
        false,
      ]);
    });

    it.each(["", "inference.GRPCInferenceService"])("is SERVING to gRPC's own health checks of %j", async (service) => {
      const request = Buffer.from([0x0a, service.length, ...Buffer.from(service)]);
      const answer = await new Promise((resolve, reject) => {
        wrapper.client.makeUnaryRequest("/grpc.health.v1.Health/Check", same, same, request, (error, response) =>
          error === null ? resolve(response) : reject(error),
        );
      });
      expect(answer).toEqual(Buffer.from([0x08, 1]));
    });

    it("answers a batch as it answers its rows, in their order", async () => {
      const batch = rows(33);
      const stream = new StreamClient(wrapper.client);
      const together = await stream.infer(requestOf(parts, batch, "batch"));
      const alone: ModelInferResponse[] = [];
      for (const [i, one] of batch.entries()) alone.push(await stream.infer(requestOf(parts, [one], `row-${i}`)));
      const split = rowsOf(together, batch.length);
      for (const [i, one] of alone.entries()) expectSameOutputs(rowsOf(one, 1)[0], split[i], parts.signature);
      await stream.end();
    });

    it("gives unary calls and streams the same answer", async () => {
      const request = requestOf(parts, rows(9), "both");
      const stream = new StreamClient(wrapper.client);
      const [streamed, unary] = [await stream.infer(request), await inferUnary(wrapper.client, request)];
      expect(unary.outputs).toEqual(streamed.outputs);
      expect(unary.rawOutputContents).toEqual(streamed.rawOutputContents);
      await stream.end();
    });

    it("answers many requests in flight on two streams, each under its id, with its rows", async () => {
      const streams = [new StreamClient(wrapper.client), new StreamClient(wrapper.client)];
      const asked = Array.from({ length: options.slow === true ? 20 : 200 }, (_, i) => ({
        id: `${i}`,
        count: 1 + (i % 7),
      }));
      const answers = await Promise.all(
        asked.map(({ id, count }, i) => (streams[i % 2] as StreamClient).infer(requestOf(parts, rows(count), id))),
      );
      expect(answers.map((answer) => ({ id: answer?.id, count: answer?.outputs[0]?.shape[0] }))).toEqual(asked);
      expect(answers.at(-1)?.parameters["streams"]?.int64Param).toBe(2);
      expect(await Promise.all(streams.map((stream) => stream.end()))).toEqual([status.OK, status.OK]);
    });

    it("reports its times and echoes row ids", async () => {
      const parameters = { row_ids: { stringParam: "17,4,5" } };
      const response = await inferUnary(wrapper.client, requestOf(parts, rows(3), "ids", parameters));
      expect(response.parameters["row_ids"]?.stringParam).toBe("17,4,5");
      expect(response.parameters["compute_us"]?.int64Param).toBeGreaterThanOrEqual(0);
      expect(response.parameters["queue_us"]?.int64Param).toBeGreaterThanOrEqual(0);
    });

    it("answers a request that has expired without computing it", async () => {
      const stream = new StreamClient(wrapper.client);
      const late = await stream.ask(requestOf(parts, rows(1), "late", { deadline_us: { int64Param: 0 } }));
      expect(late.inferResponse).toMatchObject({
        id: "late",
        parameters: { error_code: { stringParam: "DEADLINE_EXCEEDED" } },
      });
      const early = await stream.ask(requestOf(parts, rows(1), "early", { deadline_us: { int64Param: 60_000_000 } }));
      expect(early.errorMessage).toBe("");
      await stream.end();
    });

    it("verifies the checksum of a request and answers with its own", async () => {
      const request = requestOf(parts, rows(4), "sum");
      const crc32 = { int64Param: checksumOfContents(request.rawInputContents) };
      const stream = new StreamClient(wrapper.client);
      const good = await stream.infer({ ...request, parameters: { crc32 } });
      expect(good.parameters["crc32"]?.int64Param).toBe(checksumOfContents(good.rawOutputContents));
      const spoilt = request.rawInputContents.map((bytes) => Buffer.from(bytes));
      (spoilt[0] as Buffer)[0] = (spoilt[0]?.[0] ?? 0) ^ 1;
      const bad = await stream.ask({ ...request, id: "bad", parameters: { crc32 }, rawInputContents: spoilt });
      expect(bad.inferResponse?.parameters["error_code"]?.stringParam).toBe("DATA_LOSS");
      await stream.end();
    });

    it("answers with the outputs asked for only, in that order, as it answers when asked for all", async () => {
      const { outputs } = parts.signature;
      const request = requestOf(parts, rows(2), "some");
      const all = rowsOf(await inferUnary(wrapper.client, request), 2);
      const places = [...outputs.keys()];
      for (const asked of [...places.map((place) => [place]), places.toReversed()]) {
        const specs = asked.map((place) => outputs[place] as TensorSpec);
        const named = specs.map(({ name }) => ({ name, parameters: {} }));
        const response = await inferUnary(wrapper.client, { ...request, outputs: named });
        expect(response.outputs.map(({ name }) => name)).toEqual(specs.map(({ name }) => name));
        expect(response.rawOutputContents).toHaveLength(asked.length);
        for (const [i, row] of rowsOf(response, 2).entries()) {
          const expected = asked.map((place) => all[i]?.[place] as Buffer);
          expectSameOutputs(row, expected, { ...parts.signature, outputs: specs });
        }
      }
    });

    it("refuses what breaks the signature, each request alone, and goes on", async () => {
      const good = requestOf(parts, rows(2), "good");
      const first = good.inputs[0] as (typeof good.inputs)[number];
      const others = good.inputs.slice(1);
      const spoilt: Record<string, ModelInferRequest> = {
        model: { ...good, modelName: "other" },
        version: { ...good, modelVersion: "4" },
        "no input": { ...good, inputs: [], rawInputContents: [] },
        "input twice": {
          ...good,
          inputs: [...good.inputs, first],
          rawInputContents: [...good.rawInputContents, Buffer.of()],
        },
        name: { ...good, inputs: [{ ...first, name: "other" }, ...others] },
        datatype: { ...good, inputs: [{ ...first, datatype: "BF16" }, ...others] },
        "row shape": { ...good, inputs: [{ ...first, shape: [2, 1, 12345] }, ...others] },
        rank: { ...good, inputs: [{ ...first, shape: [] }, ...others] },
        "other row count": {
          ...good,
          inputs: good.inputs.map((tensor) => ({ ...tensor, shape: [3, ...tensor.shape.slice(1)] })),
        },
        "no rows": {
          ...good,
          inputs: good.inputs.map((tensor) => ({ ...tensor, shape: [0, ...tensor.shape.slice(1)] })),
        },
        "too many rows": {
          ...good,
          inputs: good.inputs.map((tensor) => ({ ...tensor, shape: [1e9, ...tensor.shape.slice(1)] })),
        },
        length: { ...good, rawInputContents: good.rawInputContents.map((bytes) => bytes.subarray(1)) },
        "no contents": { ...good, rawInputContents: [] },
        "unknown output": { ...good, outputs: [{ name: "other", parameters: {} }] },
      };
      const stream = new StreamClient(wrapper.client);
      for (const [what, request] of Object.entries(spoilt)) {
        const code = what === "model" || what === "version" ? "NOT_FOUND" : "INVALID_ARGUMENT";
        const { errorMessage, inferResponse } = await stream.ask({ ...request, id: what });
        expect({ what, code: inferResponse?.parameters["error_code"]?.stringParam }).toEqual({ what, code });
        expect(errorMessage).toMatch(/^[^\n]{5,500}$/);
        expect({ what, unary: await statusOf(inferUnary(wrapper.client, request)) }).toEqual({
          what,
          unary: status[code],
        });
      }
      await stream.infer(good);
      await stream.end();
    });

    it("takes and gives tensors above gRPC's own limit of 4 MiB", async () => {
      const perRow = parts.signature.inputs.reduce((sum, spec) => sum + (rowBytes(spec) ?? 64), 0);
      const count = Math.min(60_000, Math.ceil((5 * 1024 * 1024) / perRow));
      const one = row();
      const request = requestOf(parts, new Array<Buffer[]>(count).fill(one), "large");
      const response = await inferUnary(wrapper.client, request);
      expect(response.outputs[0]?.shape[0]).toBe(count);
    });

    it("refuses a message above its limit and goes on", async () => {
      const small = await start("--max-message-bytes", "20000");
      try {
        const tooLarge = requestOf(parts, new Array<Buffer[]>(5000).fill(row()), "too large");
        expect(await statusOf(inferUnary(small.client, tooLarge))).toBe(status.RESOURCE_EXHAUSTED);
        expect(await statusOf(inferUnary(small.client, requestOf(parts, rows(1), "small")))).toBe("OK");
      } finally {
        await small.kill();
      }
    });

    it("answers 10,000 mutated messages, one answer each, without breaking the stream", async () => {
      // Expired: what a mutation leaves valid is not computed then.
      const parameters = options.slow === true ? { deadline_us: { int64Param: 0 } } : {};
      const bytes = ModelInferRequest.encode(requestOf(parts, rows(3), "mutated", parameters)).finish();
      const stream = new MutationStream(wrapper.client);
      const mutated = fc.sample(mutate(bytes), { seed: 42, numRuns: 10_000 });
      expect(await stream.answersTo(mutated)).toBe(mutated.length);
      expect(await stream.end()).toBe(status.OK);
      await stillServes();
    });

    it("ends with its stdin", async () => {
      const child = await start("--exit-with-stdin");
      const stream = new StreamClient(child.client);
      await stream.infer(requestOf(parts, rows(1), "open"));
      child.endStdin();
      expect(await child.exited).toEqual({ code: 0, signal: null });
      await child.kill();
    });

    it("drains on SIGTERM: streams end properly, the exit code is 0", async () => {
      const child = await start();
      const stream = new StreamClient(child.client);
      await stream.infer(requestOf(parts, rows(1), "before"));
      child.signal("SIGTERM");
      expect(await stream.ended).toBe(status.OK);
      expect(await child.exited).toEqual({ code: 0, signal: null });
      await child.kill();
    });
  });
}

const same = (bytes: Buffer): Buffer => bytes;
