import { beforeAll, describe, expect, test } from "@jest/globals";
import type { CreateApplicationInput } from "../generated/graphql.js";
import {
  CHANGE_POLICY,
  DELETE_ENTITY,
  EXPORT_ENTITY,
  eventsOf,
  LEARNED_STATE,
  OBSERVATIONS,
  OBSERVE_MANY,
  POLICY_EVENTS,
  PREDICT_LEARNED,
  RECEIPT_CONTENT,
  RESET_ENTITY,
  ROTATE_RECEIPT_KEY,
} from "../support/learningOperations.js";
import { until } from "../support/ownProcesses.js";
import { application, noop, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();

const LINEAR: Partial<CreateApplicationInput> = {
  policy: { linear: { prior: { ridge: 0.01 } } },
  loss: { squared: { range: 100 } },
};

interface Exported {
  readonly observations: readonly { readonly seq: number }[];
  readonly predictions: readonly { readonly id: string }[];
}

describe("what was learned", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await servers.start();
    await register(server, { model: "noop", wrappers: [await wrappers.start(noop())] });
    for (const name of [
      "seen",
      "frozen",
      "forked",
      "reset",
      "forgotten",
      "exported",
      "receipts",
      "emptied",
      "steep",
      "shown",
    ]) {
      await application(server, name, ["noop"], LINEAR);
    }
    await application(server, "logged", ["noop"], { ...LINEAR, feedback: { logPredictions: "EVIDENCE" } });
  });

  async function ask(name: string, x: number, entity: string) {
    const input = { application: name, input: { values: [x] }, entity };
    const { predict } = await server.ask(PREDICT_LEARNED, { input });
    if (predict.__typename !== "Prediction") throw new Error(JSON.stringify(predict));
    return { ...predict, number: "number" in predict.output ? predict.output.number : NaN };
  }

  /** The truth is `factor` times what the model says. */
  async function teach(name: string, entity: string, factor: number, rounds: number): Promise<void> {
    for (let i = 0; i < rounds; i++) {
      const x = 1 + (i % 5);
      const { receipt } = await ask(name, x, entity);
      const { observeMany } = await server.ask(OBSERVE_MANY, {
        inputs: [{ of: { receipt }, truth: { number: factor * x } }],
      });
      expect(observeMany).toMatchObject([{ __typename: "Observation" }]);
    }
  }

  async function state(name: string, entity?: string, policyVersion?: number) {
    return (await server.ask(LEARNED_STATE, { application: name, entity, policyVersion })).learnedState;
  }

  function change(name: string, version: number, what: "freeze" | "fork" | "rollback" | "reset") {
    const none = { freeze: false, fork: false, rollback: false, reset: false };
    return server.ask(CHANGE_POLICY, { application: name, version, ...none, [what]: true });
  }

  test("is shown for an entity, and for all", async () => {
    await teach("seen", "ann", 3, 4);
    const own = { personalised: true, entity: "ann", observations: 4, seq: 4, policyVersion: 1 };
    expect(await state("seen", "ann")).toMatchObject({ ...own, weights: [{ model: "noop", weight: 1 }] });
    expect(await state("seen", "zoe")).toMatchObject({ personalised: false, observations: 4 });
    expect(await state("seen")).toMatchObject({ personalised: false, entity: null, observations: 4 });
    expect(await state("seen", "ann", 7)).toMatchObject({ __typename: "NotFound" });
    expect(await state("nobody")).toMatchObject({ __typename: "NotFound" });
    expect(await state("seen", "")).toMatchObject({ __typename: "BadInput" });
  });

  test("of a frozen version stays as it is", async () => {
    await teach("frozen", "ann", 3, 2);
    const { freezePolicy } = await change("frozen", 1, "freeze");
    expect(freezePolicy).toMatchObject({ version: 1, current: true, frozen: true });
    await teach("frozen", "ann", -3, 2);
    expect(await state("frozen", "ann")).toMatchObject({ observations: 2 });
  });

  test("is forked, and come back to", async () => {
    await teach("forked", "ann", 3, 3);
    expect((await change("forked", 1, "fork")).forkPolicy).toMatchObject({ version: 2, current: true });
    await teach("forked", "ann", 3, 2);
    expect(await state("forked", "ann")).toMatchObject({ policyVersion: 2, observations: 5 });
    expect(await state("forked", "ann", 1)).toMatchObject({ observations: 3 });
    expect((await change("forked", 1, "rollback")).rollbackPolicy).toMatchObject({ version: 1, current: true });
    expect(await state("forked", "ann")).toMatchObject({ policyVersion: 1, observations: 3 });
    for (const [name, message] of [
      ["forked", 'application "forked" has no policy version 9'],
      ["nobody", 'application "nobody" does not exist'],
    ] as const) {
      const refused = [
        (await change(name, 9, "rollback")).rollbackPolicy,
        (await change(name, 9, "freeze")).freezePolicy,
        (await change(name, 9, "fork")).forkPolicy,
      ];
      for (const one of refused) expect(one).toMatchObject({ __typename: "NotFound", message });
    }
  });

  test("of a policy that is reset stays with the version before, and the new one has nothing", async () => {
    await teach("emptied", "ann", 3, 3);
    expect((await change("emptied", 1, "reset")).resetPolicy).toMatchObject({ version: 2, current: true });
    expect(await ask("emptied", 4, "ann")).toMatchObject({ personalised: false, number: 4 });
    expect(await state("emptied", "ann", 1)).toMatchObject({ observations: 3 });
  });

  test("of an entity that is reset is gone at once, and its observations stay", async () => {
    await teach("reset", "ann", 3, 5);
    const reset = (entity: string) => server.ask(RESET_ENTITY, { application: "reset", entity });
    expect((await reset("ann")).resetEntity).toMatchObject({ states: 1 });
    expect(await ask("reset", 4, "ann")).toMatchObject({ personalised: false });
    expect(await state("reset")).toMatchObject({ observations: 5 });
    expect((await reset("")).resetEntity).toMatchObject({ __typename: "BadInput" });
  });

  test("of an entity that is deleted is forgotten, and by all once they have been learned anew", async () => {
    await teach("forgotten", "bob", 2, 3);
    await teach("forgotten", "ann", 9, 4);
    const { deleteEntity } = await server.ask(DELETE_ENTITY, { application: "forgotten", entity: "ann" });
    expect(deleteEntity).toMatchObject({ observations: 4, states: 1 });
    expect(await ask("forgotten", 4, "ann")).toMatchObject({ personalised: false });
    await until("the population has been rebuilt", async () => {
      const all = await state("forgotten");
      return all.__typename === "LearnedState" && all.observations === 3;
    });
    expect(await state("forgotten", "bob")).toMatchObject({ observations: 3 });
    const { policyEvents } = await server.ask(POLICY_EVENTS, { application: "forgotten" });
    const events = eventsOf(policyEvents);
    expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["ENTITY_DELETED", "STATE_REBUILT"]));
    expect(JSON.stringify(events)).not.toContain("ann");
  });

  test("is shown with what it was learned from, newest first, whatever comes meanwhile", async () => {
    await teach("shown", "ann", 3, 2);
    await teach("shown", "bob", 2, 2);
    const page = async (first: number, after?: string, entity?: string) => {
      const { observations } = await server.ask(OBSERVATIONS, { application: "shown", first, after, entity });
      if (observations.__typename !== "LoggedObservationConnection") throw new Error(JSON.stringify(observations));
      return { ...observations.pageInfo, rows: observations.edges.map(({ node }) => node) };
    };
    const newest = await page(3);
    expect(newest.rows).toMatchObject([
      { seq: 4, entity: "bob", truth: { kind: "NUMBER", number: 4 }, learnedBy: [1], supersededBy: null, counts: true },
      { seq: 3, entity: "bob" },
      { seq: 2, entity: "ann" },
    ]);
    await teach("shown", "ann", 3, 1);
    expect(await page(3, newest.endCursor ?? "")).toMatchObject({ rows: [{ seq: 1 }], hasNextPage: false });
    expect((await page(2, undefined, "ann")).rows).toMatchObject([{ seq: 5 }, { seq: 2 }]);
    const nobody = await server.ask(OBSERVATIONS, { application: "nobody", first: 1 });
    expect(nobody.observations).toMatchObject({ __typename: "NotFound" });
  });

  test("of an entity is exported in pages", async () => {
    await teach("exported", "ann", 3, 3);
    const page = async (after: number) =>
      (await server.ask(EXPORT_ENTITY, { application: "exported", entity: "ann", after, first: 2 })).exportEntity;
    const first = await page(0);
    expect(first).toMatchObject({ observations: 2, endSeq: 2, hasMore: true });
    expect(JSON.parse("json" in first ? first.json : "")).toMatchObject({
      entity: "ann",
      observations: [
        { seq: 1, truth: { kind: "NUMBER", number: 3 } },
        { seq: 2, truth: { kind: "NUMBER", number: 6 } },
      ],
      states: [{ policyVersion: 1, seq: 3 }],
    });
    expect(await page(2)).toMatchObject({ observations: 1, hasMore: false });
  });

  test("of an entity is exported with what was corrected, and with the predictions that were logged", async () => {
    const { receipt } = await ask("logged", 2, "ann");
    const observe = async (number: number, key: string, supersedes?: string) => {
      const input = { of: { receipt }, truth: { number }, key, ...(supersedes !== undefined && { supersedes }) };
      expect((await server.ask(OBSERVE_MANY, { inputs: [input] })).observeMany).toMatchObject([
        { __typename: "Observation" },
      ]);
    };
    await observe(90, "wrong");
    await observe(4, "right", "wrong");
    for (const x of [3, 4]) await ask("logged", x, "ann");
    const page = async (after: number, first: number, afterPrediction?: string) => {
      const variables = { application: "logged", entity: "ann", after, first, afterPrediction };
      const { exportEntity } = await server.ask(EXPORT_ENTITY, variables);
      return exportEntity.__typename === "EntityExport"
        ? { ...exportEntity, ...(JSON.parse(exportEntity.json) as Exported) }
        : exportEntity;
    };
    await until("the predictions are written", async () => {
      const all = await page(0, 10);
      return "predictions" in all && all.predictions.length === 3;
    });
    const all = await page(0, 10);
    expect(all).toMatchObject({
      hasMore: false,
      observations: [
        { seq: 1, supersededBy: 2, truth: { number: 90 } },
        { seq: 2, truth: { number: 4 } },
      ],
    });
    const first = await page(0, 2);
    if (!("endPrediction" in first)) throw new Error("no page");
    const second = await page(first.endSeq, 2, first.endPrediction ?? undefined);
    expect(first).toMatchObject({ hasMore: true, predictions: { length: 2 }, observations: { length: 2 } });
    expect(second).toMatchObject({ hasMore: false, predictions: { length: 1 }, observations: [] });
    const ids = [first, second].flatMap((one) => ("predictions" in one ? one.predictions.map(({ id }) => id) : []));
    expect(ids).toEqual("predictions" in all ? all.predictions.map(({ id }) => id) : []);
    expect(await page(0, 2, "yesterday")).toMatchObject({ __typename: "BadInput" });
  });

  test("is not exported of an application that never was, nor looked for under a name that no database can hold", async () => {
    const variables = { entity: "ann", after: 0, first: 2 };
    const of = async (application: string) =>
      (await server.ask(EXPORT_ENTITY, { ...variables, application })).exportEntity;
    expect(await of("mispelt")).toMatchObject({ __typename: "NotFound" });
    // Of one that is there, and knows nobody of that name.
    expect(await of("steep")).toMatchObject({ __typename: "EntityExport", observations: 0 });
    const { policyEvents } = await server.ask(POLICY_EVENTS, { application: "\u0000" });
    expect(policyEvents).toMatchObject({ __typename: "BadInput" });
  });

  test("that is ill-conditioned is learned anew with more precision, which the log tells", async () => {
    for (let i = 0; i < 4; i++) {
      const { receipt } = await ask("steep", 400_000, "ann");
      await server.ask(OBSERVE_MANY, { inputs: [{ of: { receipt }, truth: { number: 3 } }] });
    }
    const refits = async () => {
      const { policyEvents } = await server.ask(POLICY_EVENTS, { application: "steep" });
      const events = eventsOf(policyEvents);
      return events.filter(({ kind, content }) => kind === "STATE_REBUILT" && content.includes("refit"));
    };
    await until("both states have been refitted", async () => (await refits()).length >= 2);
    for (const { content } of await refits()) {
      const { refit } = JSON.parse(content) as { refit: { condition: number; precision: number } };
      expect(refit.condition).toBeGreaterThan(1e10);
      expect(refit.precision).toBeGreaterThan(0.01);
    }
  });

  test("is signed by keys that change: the last receipts but one key are taken", async () => {
    const { receipt } = await ask("receipts", 4, "ann");
    const content = async () => (await server.ask(RECEIPT_CONTENT, { receipt })).receiptContent;
    const member = { model: "noop", version: 1, values: [4] };
    expect(await content()).toMatchObject({ application: "receipts", entity: "ann", members: [member], answer: [4] });
    const rotate = async () => (await server.ask(ROTATE_RECEIPT_KEY, {})).rotateReceiptKey;
    expect(await rotate()).toMatchObject({ keyId: 2, previousKeyId: 1 });
    expect(await content()).toMatchObject({ __typename: "ReceiptContent" });
    const { rotateReceiptKey: late } = await server.ask(ROTATE_RECEIPT_KEY, { expectedKeyId: 1 });
    expect(late).toMatchObject({ __typename: "Conflict", message: expect.stringContaining("key 2 signs") });
    expect(await rotate()).toMatchObject({ keyId: 3, previousKeyId: 2 });
    expect(await content()).toMatchObject({ __typename: "NotFound" });
  });
});
