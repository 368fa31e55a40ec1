import { beforeAll, describe, expect, test } from "@jest/globals";
import { MODEL, REGISTER_VERSION } from "../support/operations.js";
import { residentBytes, until } from "../support/ownProcesses.js";
import {
  application,
  gated,
  ONE_NUMBER,
  predict,
  readyReplicas,
  register,
  testWrappers,
} from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";
import { nodeWrapper } from "../support/wrapperProcess.js";
import type { WrapperCommand, WrapperProcess } from "../support/wrapperProcess.js";

const servers = testServers();
const wrappers = testWrappers();
const stub = (...args: string[]): WrapperCommand => nodeWrapper("test/support/wrapperModels/stub.mjs", ...args);

describe("a server", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await servers.start();
  });

  async function replicas(model: string) {
    const { model: found } = await server.ask(MODEL, { name: model });
    return found?.versions[0]?.replicas ?? [];
  }

  test("answers in time each time that one of two wrappers is killed with a batch in it", async () => {
    for (let round = 1; round <= 5; round++) {
      // A model of its own: what was asked of it before would be its warm-up, and held like any batch.
      const name = `pair-${round}`;
      const start = () => wrappers.start(gated(), "--name", name);
      const pair: [WrapperProcess, WrapperProcess] = await Promise.all([start(), start()]);
      await register(server, { model: name, wrappers: pair });
      await application(server, name, [name], { ...ONE_NUMBER, sloMs: 30_000 });
      const answer = predict(server, name, { values: [round] });
      const [victim, other] = await Promise.race([
        pair[0].logged("computing", 1).then(() => pair),
        pair[1].logged("computing", 1).then(() => [pair[1], pair[0]] as const),
      ]);
      const before = other.count("computing");
      victim.signal("SIGKILL");
      await other.logged("computing", before + 1);
      other.signal("SIGUSR2");
      expect(await answer).toMatchObject({ source: "MODEL", output: { number: round } });
    }
  });

  test("refuses a wrapper that comes back with another artefact, and shows both", async () => {
    const [ours, other] = ["1".repeat(64), "2".repeat(64)];
    const start = (artefact: string, ...args: string[]) =>
      wrappers.start(stub("--name", "file", "--artefact", artefact, ...args));
    const first = await start(ours);
    const second = await start(ours);
    await register(server, { model: "file", wrappers: [first, second] });
    await application(server, "file", ["file"]);
    second.signal("SIGKILL");
    await second.exited;
    await readyReplicas(server, "file", 1);
    const changed = await start(other, "--listen", second.ready.listening);
    const replica = async () => (await replicas("file")).find(({ endpoint }) => endpoint === second.ready.listening);
    await until("it is refused", async () => (await replica())?.problem?.includes("artefact") === true);
    expect(await replica()).toMatchObject({
      state: "BACKOFF",
      problem: expect.stringContaining(`expected SHA-256 ${ours}, got ${other}`),
      retryInMs: expect.any(Number),
    });
    for (let i = 0; i < 10; i++) {
      expect(await predict(server, "file", { values: [i] })).toMatchObject({ output: { number: i } });
    }
    changed.signal("SIGKILL");
    await changed.exited;
    await start(ours, "--listen", second.ready.listening);
    await readyReplicas(server, "file", 2);
  });
});

describe("a reply above the message limit", () => {
  const LIMIT = 4 * 2 ** 20;
  const MOST_MORE = 16 * 2 ** 20;

  test.each([["plain"], ["gzip"]])("fails its batch without being kept, and is asked for once: %s", async (how) => {
    const server = await servers.start({ args: ["--example", "none", "--max-message-bytes", String(LIMIT)] });
    const wrapper = await wrappers.start(nodeWrapper("test/support/oversizedWrapper.mjs", how));
    const endpoints = [wrapper.ready.listening];
    await server.ask(REGISTER_VERSION, { input: { model: "large", version: 1, endpoints } });
    await application(server, "large", ["large"]);
    await readyReplicas(server, "large", 1);
    for (let i = 0; i < 300; i++) await predict(server, "large", { values: [i] });
    const before = residentBytes(server.process.pid);
    for (let i = 1; i <= 3; i++) {
      await readyReplicas(server, "large", 1);
      expect(await predict(server, "large", { values: [-i] })).toMatchObject({
        code: "MODEL_BAD_OUTPUT",
        message: expect.stringMatching(/the reply is too long: .*larger than/),
      });
    }
    await readyReplicas(server, "large", 1);
    expect(wrapper.count("got a batch to answer at length")).toBe(3);
    expect(residentBytes(server.process.pid) - before).toBeLessThan(MOST_MORE);
    expect(await predict(server, "large", { values: [7000] })).toMatchObject({ output: { number: 7000 } });
  });
});
