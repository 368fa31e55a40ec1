import { beforeAll, describe, expect, test } from "@jest/globals";
import type { TruthInput } from "../generated/graphql.js";
import { OBSERVE_MANY } from "../support/learningOperations.js";
import { OBSERVE, PREDICT_FOR_RECEIPT } from "../support/operations.js";
import { application, noop, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();
let server: TestServer;
beforeAll(async () => {
  server = await servers.start();
  await register(server, { model: "noop", wrappers: [await wrappers.start(noop())] });
  for (const name of ["one", "two", "poisoned", "durable"]) await application(server, name, ["noop"]);
});

async function receiptOf(name: string, value: number, entity?: string): Promise<string> {
  const input = { application: name, input: { values: [value] }, entity };
  const { predict } = await server.ask(PREDICT_FOR_RECEIPT, { input });
  if (predict.__typename !== "Prediction") throw new Error(predict.__typename);
  return predict.receipt;
}

async function observe(receipt: string, truth: TruthInput, key?: string, on = server) {
  return (await on.ask(OBSERVE, { input: { of: { receipt }, truth, key } })).observe;
}

describe("an observation", () => {
  test("gets the next place in its application's log", async () => {
    const [a, b] = [await receiptOf("one", 1), await receiptOf("one", 2)];
    expect(await observe(a, { number: 1 })).toMatchObject({ id: "one:1", seq: 1, duplicate: false });
    expect(await observe(b, { number: 2 })).toMatchObject({ id: "one:2", seq: 2, duplicate: false });
    expect(await observe(await receiptOf("two", 1), { number: 1 })).toMatchObject({ id: "two:1" });
  });

  test("sent again is recognised, and with another truth is a conflict", async () => {
    const receipt = await receiptOf("one", 3);
    const first = await observe(receipt, { number: 3 });
    expect(await observe(receipt, { number: 3 })).toEqual({ ...first, duplicate: true });
    expect(await observe(receipt, { number: 4 })).toMatchObject({
      __typename: "Conflict",
      code: "CONFLICT",
      message: expect.stringContaining("`supersedes`") as unknown,
      retryable: false,
    });
    expect(await observe(receipt, { number: 4 }, "second opinion")).toMatchObject({ duplicate: false });
  });

  test("that the database refuses fails alone: those that came with it are stored and acknowledged", async () => {
    const count = 9;
    const receipts = await Promise.all(Array.from({ length: count }, (_, i) => receiptOf("poisoned", i, `user-${i}`)));
    const send = (key: string) =>
      server.ask(OBSERVE_MANY, {
        inputs: receipts.map((receipt, i) => ({ of: { receipt }, key: i === 4 ? key : "", truth: { number: i } })),
      });
    // No text of PostgreSQL's has such a character.
    const { observeMany: told } = await send("\0");
    expect(told.map(({ __typename }) => __typename)).toEqual(
      Array.from({ length: count }, (_, i) => (i === 4 ? "BadInput" : "Observation")),
    );
    const { observeMany: again } = await send("good");
    expect(again).toMatchObject(Array.from({ length: count }, (_, i) => ({ duplicate: i !== 4 })));
  });

  test("sent by twenty at once is stored once", async () => {
    const receipt = await receiptOf("one", 5);
    const answers = await Promise.all(Array.from({ length: 20 }, () => observe(receipt, { number: 5 })));
    expect(new Set(answers.map((answer) => answer.__typename === "Observation" && answer.seq)).size).toBe(1);
    expect(answers.filter((answer) => answer.__typename === "Observation" && !answer.duplicate)).toHaveLength(1);
  });

  test("with a receipt changed in any place is not found", async () => {
    const receipt = await receiptOf("one", 6, "someone");
    for (let i = 0; i < receipt.length; i++) {
      const other = receipt[i] === "A" ? "B" : "A";
      const forged = receipt.slice(0, i) + other + receipt.slice(i + 1);
      // The last character of base64 may carry bits that mean nothing.
      const answer = await observe(forged, { number: 6 });
      if (answer.__typename !== "Observation")
        expect(answer).toMatchObject({ __typename: "NotFound", code: "NOT_FOUND" });
      else expect(Buffer.from(forged, "base64url")).toEqual(Buffer.from(receipt, "base64url"));
    }
    for (const forged of ["", "x", receipt.slice(1), `${receipt}A`, "\u0000", "A".repeat(10_000)]) {
      expect(await observe(forged, { number: 6 })).toMatchObject({ code: "NOT_FOUND" });
    }
  });

  test("of another kind than the output, or with a key too long, is refused", async () => {
    const receipt = await receiptOf("one", 7);
    expect(await observe(receipt, { label: "7" })).toMatchObject({ code: "BAD_INPUT" });
    expect(await observe(receipt, { vector: [7] })).toMatchObject({ code: "BAD_INPUT" });
    expect(await observe(receipt, { number: 7 }, "k".repeat(201))).toMatchObject({
      code: "BAD_INPUT",
      message: expect.stringMatching(/^input\.key: expected at most 200 characters/) as unknown,
    });
  });

  test("of nothing, or of a prediction and an example at once, is refused before anything is stored", async () => {
    const receipt = await receiptOf("one", 8);
    const example = { application: "one", input: { values: [8] } };
    for (const target of [undefined, {}, { receipt, example }, { receipt, example: null }, { receipt: null }]) {
      const input = { of: target, truth: { number: 8 }, key: "k" };
      const { status, text } = await server.post({ query: OBSERVE.toString(), variables: { input } });
      expect({ status, text }).toMatchObject({ status: 400, text: expect.stringContaining("BAD_INPUT") as unknown });
    }
    expect(await observe(receipt, { number: 8 }, "k")).toMatchObject({ duplicate: false });
  });
});

test("what was acknowledged is there after kill -9 of the server, and nothing is there twice", async () => {
  const receipts = await Promise.all(Array.from({ length: 200 }, (_, i) => receiptOf("durable", i)));
  const acknowledged = new Map<number, number>();
  const sending = receipts.map(async (receipt, i) => {
    const answer = await observe(receipt, { number: i }).catch(() => undefined);
    if (answer?.__typename === "Observation") acknowledged.set(i, answer.seq);
    if (acknowledged.size === 50 && !server.process.ended) server.process.signal("SIGKILL");
  });
  await Promise.all(sending);
  await server.process.exited;
  expect(acknowledged.size).toBeGreaterThanOrEqual(50);
  const next = await servers.start({ folder: server.folder });
  const seqs = new Set<number>();
  for (const [i, receipt] of receipts.entries()) {
    const again = await observe(receipt, { number: i }, undefined, next);
    if (again.__typename !== "Observation") throw new Error(JSON.stringify(again));
    const before = acknowledged.get(i);
    if (before !== undefined) expect(again).toMatchObject({ duplicate: true, seq: before });
    seqs.add(again.seq);
  }
  expect([...seqs].sort((a, b) => a - b)).toEqual(receipts.map((_, i) => i + 1));
});
