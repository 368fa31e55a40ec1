import { afterEach, describe, expect, it } from "@jest/globals";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { status } from "@grpc/grpc-js";
import type { Signature } from "../../src/domain/tensor.js";
import { readStrings } from "../../src/domain/stringTensor.js";
import { InferTensorContents, type ModelInferResponse } from "../../src/protocol/generated/inference.js";
import { WrapperProcess, type WrapperCommand } from "../support/wrapperProcess.js";
import { inferUnary, requestOf, statusOf, StreamClient } from "../support/wrapperRequests.js";

/** The models of test/support/wrapperModels, which every language has. */
export type TestModel = "gated" | "failing" | "picky" | "sum" | "noop" | "loading";

const floats: Signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [1] }],
  outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
};
const gated = { model: "gated", version: "1", signature: floats };
/** For what would not end by itself. */
const GIVE_UP_MS = 30_000;
const float = (value: number): Buffer[] => [Buffer.from(Float32Array.of(value).buffer)];

/** Settles when all that was sent before has arrived: a connection keeps the order, and refusals do not queue. */
const arrived = async (stream: StreamClient): Promise<void> => {
  await stream.ask({ ...requestOf(gated, [float(0)], "refused"), modelName: "other" });
};

/** What an SDK keeps beyond a wrapper's contract, seen with models that only tests have. */
export function sdkContract(
  language: string,
  commandOf: (model: TestModel, ...args: string[]) => WrapperCommand,
): void {
  const started: WrapperProcess[] = [];
  const start = async (model: TestModel, ...args: string[]): Promise<WrapperProcess> => {
    const wrapper = await WrapperProcess.start(commandOf(model, ...args));
    started.push(wrapper);
    return wrapper;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map((wrapper) => wrapper.kill()));
  });

  describe(`${language}: a wrapper with batches in flight`, () => {
    it("computes one batch at a time, in the order of arrival", async () => {
      const wrapper = await start("gated");
      const stream = new StreamClient(wrapper.client);
      const order: string[] = [];
      const asked = ["a", "b", "c"].map(async (id, i) =>
        order.push((await stream.infer(requestOf(gated, [float(i)], id))).id),
      );
      for (const count of [1, 2, 3]) {
        await wrapper.logged("computing", count);
        expect(order).toHaveLength(count - 1);
        wrapper.signal("SIGUSR2");
        await asked[count - 1];
      }
      expect(order).toEqual(["a", "b", "c"]);
    });

    it("finishes on SIGTERM what it has accepted, refuses what comes later, and exits with 0", async () => {
      const wrapper = await start("gated");
      const stream = new StreamClient(wrapper.client);
      const inFlight = stream.infer(requestOf(gated, [float(5)], "in flight"));
      await wrapper.logged("computing");
      wrapper.signal("SIGTERM");
      await wrapper.logged("draining");
      const later = await stream.ask(requestOf(gated, [float(6)], "later"));
      expect(later.inferResponse?.parameters["error_code"]?.stringParam).toBe("UNAVAILABLE");
      wrapper.signal("SIGUSR2");
      expect((await inFlight).rawOutputContents).toEqual(float(5));
      expect(await stream.ended).toBe(status.OK);
      expect(await wrapper.exited).toEqual({ code: 0, signal: null });
    });

    it("exits soon after its stdin's end, whatever it computes", async () => {
      const wrapper = await start("gated", "--exit-with-stdin");
      const lost = statusOf(inferUnary(wrapper.client, requestOf(gated, [float(5)], "lost")));
      await wrapper.logged("computing");
      wrapper.endStdin();
      expect(await wrapper.exited).toEqual({ code: 0, signal: null });
      expect(await lost).not.toBe("OK");
    });

    it("does not compute what expired in its queue", async () => {
      const wrapper = await start("gated");
      const stream = new StreamClient(wrapper.client);
      const first = stream.infer(requestOf(gated, [float(1)], "first"));
      const second = stream.ask(requestOf(gated, [float(2)], "second", { deadline_us: { int64Param: 1 } }));
      await wrapper.logged("computing");
      await arrived(stream);
      wrapper.signal("SIGUSR2");
      await first;
      expect((await second).inferResponse).toMatchObject({
        parameters: { error_code: { stringParam: "DEADLINE_EXCEEDED" } },
      });
    });

    it("does not compute what nobody waits for any more", async () => {
      const wrapper = await start("gated");
      const stream = new StreamClient(wrapper.client);
      const first = stream.infer(requestOf(gated, [float(1)], "first"));
      await wrapper.logged("computing");
      const call = wrapper.client.modelInfer(requestOf(gated, [float(2)], "left"), () => undefined);
      const left = new Promise((resolve) => call.on("status", resolve));
      await arrived(stream);
      call.cancel();
      await left;
      // gRPC tells the server of it when it comes to it, not before what other calls send.
      for (let turn = 0; turn < 20; turn++) await arrived(stream);
      const third = stream.infer(requestOf(gated, [float(3)], "third"));
      wrapper.signal("SIGUSR2");
      await first;
      await wrapper.logged("computing", 2);
      wrapper.signal("SIGUSR2");
      expect((await third).rawOutputContents).toEqual(float(3));
    });
  });

  describe(`${language}: a wrapper whose caller cancels a stream`, () => {
    it("does not compute what waits of it, and goes on with the other streams", async () => {
      const wrapper = await start("gated");
      const [left, stays] = [new StreamClient(wrapper.client), new StreamClient(wrapper.client)];
      const lost = [1, 2, 3].map((value) => left.ask(requestOf(gated, [float(value)], `left ${value}`)));
      const ends = Promise.allSettled(lost);
      await wrapper.logged("computing");
      await arrived(left);
      expect(await left.cancel()).toBe(status.CANCELLED);
      expect((await ends).map(({ status: how }) => how)).toEqual(["rejected", "rejected", "rejected"]);
      // gRPC tells the server of it when it comes to it, not before what other calls send.
      for (let turn = 0; turn < 20; turn++) await arrived(stays);
      const answer = stays.infer(requestOf(gated, [float(4)], "stays"));
      await arrived(stays);
      wrapper.signal("SIGUSR2");
      await wrapper.logged("computing", 2);
      wrapper.signal("SIGUSR2");
      expect((await answer).rawOutputContents).toEqual(float(4));
      expect(wrapper.count("computing")).toBe(2);
    });
  });

  describe(`${language}: a wrapper whose model fails`, () => {
    const signature: Signature = {
      inputs: [{ name: "how", datatype: "INT32", shape: [] }],
      outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
    };
    const parts = { model: "failing", version: "1", signature };
    const way = (how: number): Buffer[] => [Buffer.from(Int32Array.of(how).buffer)];

    it("fails that request only, whichever way the model fails", async () => {
      const wrapper = await start("failing");
      const stream = new StreamClient(wrapper.client);
      const good = await stream.infer(requestOf(parts, [way(0), way(0)], "good"));
      expect(good.outputs[0]?.shape).toEqual([2, 1]);
      for (let how = 1; how <= 9; how++) {
        const { errorMessage, inferResponse } = await stream.ask(requestOf(parts, [way(how), way(0)], `way ${how}`));
        expect(errorMessage).not.toBe("");
        expect(inferResponse).toMatchObject({
          id: `way ${how}`,
          parameters: { error_code: { stringParam: "INTERNAL" } },
        });
      }
      expect((await stream.infer(requestOf(parts, [way(0)], "again"))).id).toBe("again");
    });

    it("has the stack in its log once, however often the model fails", async () => {
      const wrapper = await start("failing");
      const stream = new StreamClient(wrapper.client);
      for (const id of ["first", "second"]) await stream.ask(requestOf(parts, [way(1)], id));
      await wrapper.logged("the model failed", 2);
      const stacks = wrapper.lines("the model failed").map((line) => (JSON.parse(line) as { err?: unknown }).err);
      expect(JSON.stringify(stacks[0])).toMatch(/on purpose.*failing\.|failing\..*on purpose/);
      expect(stacks.slice(1)).toEqual([undefined]);
    });

    it("names both lengths when the row count is wrong", async () => {
      const wrapper = await start("failing");
      const { errorMessage } = await new StreamClient(wrapper.client).ask(requestOf(parts, [way(3), way(0)], "short"));
      expect(errorMessage).toBe("output y: expected 8 bytes for 2 rows, got 4");
    });
  });

  describe(`${language}: a wrapper whose model fails with some rows`, () => {
    const signature: Signature = {
      inputs: [{ name: "x", datatype: "FP32", shape: [2] }],
      outputs: [
        { name: "y", datatype: "FP32", shape: [1] },
        { name: "text", datatype: "BYTES", shape: [] },
      ],
    };
    const parts = { model: "picky", version: "1", signature };
    const rowErrors = { row_errors: { boolParam: true } };
    /** So many rows, each with its number as its value; some go wrong in a way. */
    const rows = (count: number, ways: Readonly<Record<number, number>>): Buffer[][] =>
      Array.from({ length: count }, (_, row) => [Buffer.from(Float32Array.of(ways[row] ?? 0, row).buffer)]);
    const answered = ({ rawOutputContents: [y, text] }: ModelInferResponse) => {
      const numbers = [...new Float32Array(Uint8Array.from(y as Buffer).buffer)];
      return { numbers, texts: readStrings(text as Buffer) };
    };
    const listed = ({ parameters }: ModelInferResponse): unknown =>
      JSON.parse(parameters["row_errors"]?.stringParam ?? "null");

    it("answers the others, where the caller takes them alone", async () => {
      const wrapper = await start("picky");
      const request = requestOf(parts, rows(64, { 5: 1, 6: 1, 40: 1, 63: 2 }), "some", rowErrors);
      const response = await new StreamClient(wrapper.client).infer(request);
      const { numbers, texts } = answered(response);
      for (let row = 0; row < 63; row++) {
        const failed = [5, 6, 40].includes(row);
        expect([row, numbers[row], texts[row]]).toEqual([row, failed ? 0 : row, failed ? "" : `value ${row}`]);
      }
      const raised = { error_code: "INTERNAL", message: "the model failed: cannot bear 1" };
      expect(listed(response)).toEqual([
        ...[5, 6, 40].map((row) => ({ row, ...raised })),
        { row: 63, error_code: "INVALID_ARGUMENT", message: "no row 63" },
      ]);
    });

    it("answers a row without saying anything of rows, where none failed", async () => {
      const wrapper = await start("picky");
      const stream = new StreamClient(wrapper.client);
      const response = await stream.infer(requestOf(parts, rows(3, {}), "all", rowErrors));
      expect(answered(response)).toEqual({ numbers: [0, 1, 2], texts: ["value 0", "value 1", "value 2"] });
      expect(response.parameters).not.toHaveProperty("row_errors");
    });

    it("computes and sends the outputs asked for only, also where rows fail", async () => {
      const wrapper = await start("picky");
      const stream = new StreamClient(wrapper.client);
      const ask = (name: string, ways: Readonly<Record<number, number>>) =>
        stream.infer({
          ...requestOf(parts, rows(4, ways), `${name} ${JSON.stringify(ways)}`, rowErrors),
          outputs: [{ name, parameters: {} }],
        });
      const y = await ask("y", { 2: 1 });
      expect(y.outputs.map(({ name, shape }) => [name, shape])).toEqual([["y", [4, 1]]]);
      expect([...new Float32Array(Uint8Array.from(y.rawOutputContents[0] as Buffer).buffer)]).toEqual([0, 1, 0, 3]);
      expect(listed(y)).toMatchObject([{ row: 2, error_code: "INTERNAL" }]);
      expect(wrapper.count('"texts"')).toBe(0);
      const text = await ask("text", { 0: 1 });
      expect(text.outputs.map(({ name }) => name)).toEqual(["text"]);
      expect(readStrings(text.rawOutputContents[0] as Buffer)).toEqual(["", "value 1", "value 2", "value 3"]);
    });

    it("refuses the request, where the caller wants all or no row is left", async () => {
      const wrapper = await start("picky");
      const stream = new StreamClient(wrapper.client);
      const told = async (count: number, ways: Readonly<Record<number, number>>, parameters = {}) => {
        const id = JSON.stringify([count, ways, parameters]);
        const { errorMessage, inferResponse } = await stream.ask(requestOf(parts, rows(count, ways), id, parameters));
        return [inferResponse?.parameters["error_code"]?.stringParam, errorMessage];
      };
      const raised = ["INTERNAL", "the model failed: cannot bear 1"];
      expect(await told(4, { 1: 1 })).toEqual(raised);
      expect(await told(4, { 1: 2 })).toEqual(["INVALID_ARGUMENT", "row 1: no row 1"]);
      expect(await told(1, { 0: 2 }, rowErrors)).toEqual(["INVALID_ARGUMENT", "no row 0"]);
      expect(await told(2, { 0: 1, 1: 1 }, rowErrors)).toEqual(raised);
      const noFlag = { row_errors: { int64Param: 1 } };
      expect(await told(2, {}, noFlag)).toEqual(["INVALID_ARGUMENT", "parameter row_errors must be a bool"]);
    });

    it("calls the model a bounded number of times, however many rows it fails with", async () => {
      const wrapper = await start("picky");
      const every = Object.fromEntries(Array.from({ length: 256 }, (_, row) => [row, 1]));
      await new StreamClient(wrapper.client).ask(requestOf(parts, rows(256, every), "all", rowErrors));
      await wrapper.logged("the model failed");
      expect(wrapper.count('"called"')).toBe(33);
    });

    it("does not go on when nobody waits any more", async () => {
      const wrapper = await start("picky");
      const stream = new StreamClient(wrapper.client);
      const parameters = { ...rowErrors, deadline_us: { int64Param: 100_000 } };
      await stream.ask(requestOf(parts, rows(4, { 2: 3 }), "late", parameters));
      // What is logged with it comes after what was logged before.
      await stream.ask(requestOf(parts, rows(1, { 0: 1 }), "after"));
      await wrapper.logged("cannot bear 1");
      expect(wrapper.count('"called"')).toBeLessThanOrEqual(2);
    });
  });

  describe(`${language}: a wrapper's inputs`, () => {
    it("may come as typed contents, in any order", async () => {
      const wrapper = await start("sum");
      const typed = (name: string, datatype: string, shape: number[], contents: Partial<InferTensorContents>) => ({
        name,
        datatype,
        shape,
        parameters: {},
        contents: InferTensorContents.fromPartial(contents),
      });
      const response = await inferUnary(wrapper.client, {
        ...requestOf({ model: "sum", version: "", signature: { inputs: [], outputs: [] } }, [], "typed"),
        inputs: [
          typed("b", "INT16", [1, 2, 2], { intContents: [1, 2, -3, 4] }),
          typed("a", "FP32", [1, 3], { fp32Contents: [0.5, 0.25, 8] }),
        ],
      });
      expect(response.rawOutputContents[0]?.readDoubleLE()).toBe(12.75);
      expect(response.rawOutputContents[1]?.readInt32LE()).toBe(4);
    });

    it("may be NaN unless the wrapper was told to refuse it", async () => {
      const parts = { model: "noop", version: "1", signature: floats };
      const [passing, refusing] = await Promise.all([
        start("noop", "--width", "1"),
        start("noop", "--width", "1", "--non-finite", "refuse"),
      ]);
      expect(await statusOf(inferUnary(passing.client, requestOf(parts, [float(NaN)], "nan")))).toBe("OK");
      expect(await statusOf(inferUnary(refusing.client, requestOf(parts, [float(NaN)], "nan")))).toBe(
        status.INVALID_ARGUMENT,
      );
      expect(await statusOf(inferUnary(refusing.client, requestOf(parts, [float(1)], "one")))).toBe("OK");
    });
  });

  describe(`${language}: a wrapper's limits`, () => {
    const signature: Signature = {
      inputs: [
        { name: "a", datatype: "FP32", shape: [3] },
        { name: "b", datatype: "INT16", shape: [2, 2] },
      ],
      outputs: [],
    };
    const rows = (count: number): Buffer[][] => new Array<Buffer[]>(count).fill([Buffer.alloc(12), Buffer.alloc(8)]);

    it("hold for rows", async () => {
      const wrapper = await start("sum", "--max-rows", "2");
      const ask = (count: number) =>
        statusOf(inferUnary(wrapper.client, requestOf({ model: "sum", version: "", signature }, rows(count), "rows")));
      expect([await ask(3), await ask(2)]).toEqual([status.INVALID_ARGUMENT, "OK"]);
    });

    it("hold for requests whose replies are shorter than the limit", async () => {
      const wrapper = await start("sum", "--max-message-bytes", "20000");
      const ask = (count: number) =>
        statusOf(inferUnary(wrapper.client, requestOf({ model: "sum", version: "", signature }, rows(count), "rows")));
      expect([await ask(1200), await ask(600)]).toEqual([status.RESOURCE_EXHAUSTED, "OK"]);
    });
  });

  describe(`${language}: a wrapper whose model is still loading`, () => {
    const startLoading = async (...options: string[]) => {
      const { command, args, env } = commandOf("loading", ...options);
      const child = spawn(command, args, { stdio: ["pipe", "ignore", "pipe"], env });
      const exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
      await new Promise<void>((resolve) => {
        createInterface({ input: child.stderr }).on("line", (line) => {
          if (line.includes("loading for ever")) resolve();
        });
      });
      return { child, exited };
    };

    it.each(["SIGTERM", "SIGINT"] as const)("exits with 0 on %s: there is nothing to drain", async (signal) => {
      const { child, exited } = await startLoading();
      child.kill(signal);
      const timeout = setTimeout(() => child.kill("SIGKILL"), GIVE_UP_MS);
      expect(await exited).toEqual({ code: 0, signal: null });
      clearTimeout(timeout);
    });

    it("exits soon after its stdin's end", async () => {
      const { child, exited } = await startLoading("--exit-with-stdin");
      child.stdin.end();
      const timeout = setTimeout(() => child.kill("SIGKILL"), GIVE_UP_MS);
      expect(await exited).toEqual({ code: 0, signal: null });
      clearTimeout(timeout);
    });
  });
}
