import { beforeAll, describe, expect, test } from "@jest/globals";
import type { CreateApplicationInput, TruthInput } from "../generated/graphql.js";
import {
  CHANGE_POLICY,
  DELETE_ENTITY,
  LEARNED_STATE,
  OBSERVATIONS,
  OBSERVE_MANY,
  PREDICT_LEARNED,
} from "../support/learningOperations.js";
import { OwnProcess, until } from "../support/ownProcesses.js";
import { application, register, testWrappers } from "../support/registered.js";
import { POLICY_REPLAY, REPLAY_POLICY } from "../support/replayOperations.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";
import { nodeWrapper } from "../support/wrapperProcess.js";

const servers = testServers();
const wrappers = testWrappers();
const MODELS = ["once", "twice", "thrice"];

const ENSEMBLE: Partial<CreateApplicationInput> = {
  policy: { ensemble: {} },
  loss: { squared: { range: 10 } },
};
const CHOOSING: Partial<CreateApplicationInput> = {
  policy: { epsilonGreedy: { epsilon: 0.9 } },
  loss: { reward: { min: 0, max: 1 } },
};

describe("a policy that learns from the log of another", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await servers.start();
    for (const [i, model] of MODELS.entries()) {
      const stub = nodeWrapper("test/support/wrapperModels/stub.mjs", "--times", String(i + 1), "--name", model);
      await register(server, { model, wrappers: [await wrappers.start(stub)] });
    }
    for (const name of ["same", "corrected", "deleted", "activated", "bounded", "errors"]) {
      await application(server, name, MODELS, ENSEMBLE);
    }
    await application(server, "chosen", MODELS, CHOOSING);
    for (const name of ["same", "corrected", "deleted", "activated", "bounded"]) await teach(name, 24);
  });

  /** For ann twice x is true, for bob three times x. */
  async function teach(name: string, rounds: number): Promise<void> {
    for (let i = 0; i < rounds; i++) {
      const [entity, factor] = i % 2 === 0 ? ["ann", 2] : ["bob", 3];
      await observed(name, String(entity), 1 + (i % 5), { number: Number(factor) * (1 + (i % 5)) });
    }
  }

  async function ask(name: string, entity: string, x: number) {
    const input = { application: name, input: { values: [x] }, entity };
    const { predict } = await server.ask(PREDICT_LEARNED, { input });
    if (predict.__typename !== "Prediction") throw new Error(JSON.stringify(predict));
    return predict;
  }

  async function observed(name: string, entity: string, x: number, truth: TruthInput) {
    const { receipt } = await ask(name, entity, x);
    const { observeMany } = await server.ask(OBSERVE_MANY, { inputs: [{ of: { receipt }, truth }] });
    expect(observeMany).toMatchObject([{ __typename: "Observation" }]);
    return receipt;
  }

  async function state(name: string, policyVersion: number, entity?: string) {
    const { learnedState } = await server.ask(LEARNED_STATE, { application: name, entity, policyVersion });
    if (learnedState.__typename !== "LearnedState") throw new Error(JSON.stringify(learnedState));
    const { personalised, observations, weights } = learnedState;
    return { personalised, observations, weights };
  }

  async function skysail(...args: string[]) {
    const command = [process.execPath, "dist/src/cli/skysail.js", ...args, "--url", server.url] as const;
    const { exited, stdout, stderr } = new OwnProcess([...command], { folder: server.folder });
    const { code } = await exited;
    return { code, out: stdout.text, error: stderr.text };
  }

  async function replayed(name: string, policy: string, ...more: string[]): Promise<number> {
    const { code, out, error } = await skysail("replay", "--policy", policy, "--application", name, "--json", ...more);
    if (code !== 0) throw new Error(error);
    return (JSON.parse(out) as { version: number }).version;
  }

  async function expectSameStates(name: string, version: number, entities: readonly (string | undefined)[]) {
    for (const entity of entities) expect(await state(name, version, entity)).toEqual(await state(name, 1, entity));
  }

  test("has learned what the same policy had learned at the time, of all and of each user", async () => {
    const { code, out } = await skysail(
      "replay",
      "--policy",
      "ensemble",
      "--application",
      "same",
      "--from",
      "2026-01-01",
    );
    expect([code, out]).toEqual([
      0,
      expect.stringContaining("policy version 2 has learned 24 of 24 observations, with states of 2 entities"),
    ]);
    expect(out).toMatch(/mean loss 0\.\d+, of the answers given 0\.\d+ \(24 observations/);
    await expectSameStates("same", 2, [undefined, "ann", "bob"]);
  });

  test("chooses as if it had answered, where all answers are known", async () => {
    const version = await replayed("same", "exp3-ix", "--parameter", "eta=0.3");
    expect(await state("same", version, "ann")).toMatchObject({ personalised: true, observations: 12 });
    const weightOf = async (model: string) =>
      (await state("same", version)).weights.find((one) => one.model === model)?.weight ?? 0;
    expect(await weightOf("once")).toBeLessThan(await weightOf("thrice"));
  });

  test("does not count what is corrected later", async () => {
    const receipt = await observed("corrected", "ann", 3, { number: 1000 });
    const version = await replayed("corrected", "ensemble");
    const inputs = [{ of: { receipt }, key: "right", supersedes: "", truth: { number: 6 } }];
    expect((await server.ask(OBSERVE_MANY, { inputs })).observeMany).toMatchObject([{ __typename: "Observation" }]);
    // The correction itself was learned by the version that had predicted.
    expect(await state("corrected", version, "ann")).toMatchObject({ observations: 12 });
    expect(await state("corrected", 1, "ann")).toMatchObject({ observations: 13 });
    await expectSameStates("corrected", version, ["bob"]);
  });

  test("is rebuilt without a user who is deleted later", async () => {
    const version = await replayed("deleted", "ensemble");
    await server.ask(DELETE_ENTITY, { application: "deleted", entity: "bob" });
    await until("the populations have been rebuilt", async () => {
      const [one, two] = await Promise.all([state("deleted", 1), state("deleted", version)]);
      return one.observations === 12 && two.observations === 12;
    });
    await expectSameStates("deleted", version, [undefined, "ann"]);
  });

  test("learns what was observed from one time on, before another, and not what is observed later", async () => {
    const { observations } = await server.ask(OBSERVATIONS, { application: "bounded", first: 100 });
    if (observations.__typename !== "LoggedObservationConnection") throw new Error(JSON.stringify(observations));
    const times = observations.edges.map(({ node }) => String(node.observedAt)).sort();
    const [from, end] = [times[6] as string, times[15] as string];
    const meant = times.filter((time) => time >= from && time < end).length;
    const version = await replayed("bounded", "ensemble", "--from", from, "--until", end);
    expect(meant).toBeGreaterThan(0);
    expect(await state("bounded", version)).toMatchObject({ observations: meant });
    await server.ask(DELETE_ENTITY, { application: "bounded", entity: "bob" });
    await until(
      "it has been rebuilt of what it was to learn",
      async () => (await state("bounded", version)).observations < meant,
    );
    expect(await state("bounded", version)).toMatchObject(
      await state("bounded", await replayed("bounded", "ensemble", "--from", from, "--until", end)),
    );
  });

  test("answers when it is made current, and learns from then on; its forks have what it had replayed", async () => {
    const version = await replayed("activated", "ensemble", "--activate");
    await until("her state has been read", async () => (await ask("activated", "ann", 2)).personalised);
    await observed("activated", "ann", 2, { number: 4 });
    expect(await state("activated", version, "ann")).toMatchObject({ observations: 13 });
    const change = { application: "activated", version, freeze: false, fork: true, rollback: false, reset: false };
    const { forkPolicy } = await server.ask(CHANGE_POLICY, change);
    const fork = forkPolicy?.__typename === "PolicyVersion" ? forkPolicy.version : 0;
    await server.ask(DELETE_ENTITY, { application: "activated", entity: "bob" });
    await until(
      "the fork's population has been rebuilt",
      async () => (await state("activated", fork)).observations === 13,
    );
  });

  test("is refused in words that say what to do", async () => {
    for (let i = 0; i < 5; i++) await observed("chosen", "ann", 1 + i, { reward: 1 });
    const refusals: [args: string[], message: RegExp][] = [
      [["--application", "nobody", "--policy", "ucb1"], /application "nobody" does not exist/],
      [["--application", "errors", "--policy", "ucb1"], /expected an application with observations to replay/],
      [["--application", "same", "--policy", "ucb1", "--from", "soon"], /from: expected a date such as .*got "soon"/],
      [["--application", "same", "--policy", "ucb1", "--from", "2200-01-01"], /from: expected a time before the last/],
      [
        ["--application", "same", "--policy", "ucb1", "--from", "2026-02-02", "--until", "2026-02-01"],
        /until: expected a time after from \(2026-02-02\), got 2026-02-01/,
      ],
      [["--application", "same", "--policy", "ucb1", "--until", "then"], /until: expected a date such as .*got "then"/],
      [
        ["--application", "same", "--policy", "ucb1", "--until", "2001-01-01"],
        /until: expected a time after the first observation of "same", got 2001-01-01/,
      ],
      [
        ["--application", "chosen", "--policy", "ensemble"],
        /policy: expected one that learns from the loss reward: exp3, exp3Ix, /,
      ],
      [
        ["--application", "chosen", "--policy", "ensemble", "--loss", "squared", "--loss-range", "1"],
        /tells no loss squared|it needs the answers of all models/,
      ],
      [
        ["--application", "same", "--policy", "linucb", "--parameter", "context.featureModel=once"],
        /predicted without the features of once/,
      ],
      [["--application", "same", "--policy", "hedge"], /'hedge' is invalid. Allowed choices are static, .*exp3-ix/],
      [["--application", "same", "--policy", "ucb1", "--loss", "hinge"], /'hinge' is invalid. Allowed .*zero-one, log/],
      [["--policy", "ucb1"], /--application: give one of the server's \(activated, bounded, chosen/],
    ];
    for (const [args, message] of refusals) {
      const { code, error } = await skysail("replay", ...args);
      expect([code, error]).toEqual([1, expect.stringMatching(message)]);
    }
    const replay = (await server.ask(POLICY_REPLAY, { application: "same", version: 99 })).policyReplay;
    expect(replay).toMatchObject({ __typename: "NotFound" });
  });

  test("goes on without whoever began it, one at a time", async () => {
    const input = { application: "same", policy: { thompson: {} }, activate: false };
    const isComplete = async (version: number) => {
      const { policyReplay } = await server.ask(POLICY_REPLAY, { application: "same", version });
      return policyReplay.__typename === "PolicyReplay" && policyReplay.status === "COMPLETE";
    };
    // So short a log may have been replayed before the other request comes: then there was nothing to collide with.
    await until("two of them collide", async () => {
      const both = await Promise.all([server.ask(REPLAY_POLICY, { input }), server.ask(REPLAY_POLICY, { input })]);
      const begun = both.map(({ replayPolicy }) => replayPolicy);
      const versions = begun.flatMap((one) => ("version" in one ? [one.version] : []));
      for (const version of versions) {
        await until("it is complete", () => isComplete(version));
        expect(await state("same", version)).toMatchObject({ observations: 24 });
      }
      const kinds = begun.map(({ __typename }) => __typename).sort();
      expect([
        ["Conflict", "PolicyReplay"],
        ["PolicyReplay", "PolicyReplay"],
      ]).toContainEqual(kinds);
      return kinds[0] === "Conflict";
    });
  });

  test("is evaluated by what the log tells", async () => {
    const { code, out } = await skysail("evaluate", "--policy", "thompson", "--application", "same");
    expect([code, out]).toEqual([0, expect.stringContaining("thompson on same: REFUSED")]);
    expect(out).toContain("24 observations with all answers; no verdict below 100");
    expect(out).toMatch(/exact, policy +0\.\d+/);
    const chosen = await skysail("evaluate", "--policy", "exp3-ix", "--application", "chosen", "--json");
    expect(JSON.parse(chosen.out)).toMatchObject({
      verdict: "REFUSED",
      measure: "REWARD",
      offPolicy: { n: 5, ips: null },
    });
    const nobody = ["--policy", "exp3-ix", "--application", "chosen", "--entity", "nobody"];
    expect((await skysail("evaluate", ...nobody)).out).toContain(
      'none of the 5 observations in this part of the log is of entity "nobody"; give another entity, or none',
    );
  });
});
