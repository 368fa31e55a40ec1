import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "@jest/globals";
import { MODEL, REGISTER_VERSION } from "../support/operations.js";
import { until } from "../support/ownProcesses.js";
import { temporaryFolder } from "../support/postgres.js";
import { application, noop, predict, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();

test("a name is as many replicas as it has addresses, and follows its answer without a query lost", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "names.json");
  const answer = (...addresses: string[]) => writeFileSync(file, JSON.stringify({ "gpu.test": addresses }));
  const wrapper = noop("--name", "named");
  const first = await wrappers.start(wrapper, "--listen", "127.0.0.2:0");
  const port = first.ready.listening.split(":")[1] as string;
  for (const host of ["127.0.0.3", "127.0.0.4"]) await wrappers.start(wrapper, "--listen", `${host}:${port}`);
  answer("127.0.0.2", "127.0.0.3");

  const server = await servers.start({
    args: ["--example", "none", "--wrapper-hosts", "127.0.0.0/8,*.test"],
    env: { NODE_OPTIONS: `--import=${pathToFileURL(resolve("test/support/nameServer.mjs")).href}`, NAMES_FILE: file },
    folder,
  });
  const input = { model: "named", version: 1, endpoints: [`gpu.test:${port}`] };
  const { registerModelVersion: stored } = await server.ask(REGISTER_VERSION, { input });
  expect(stored.__typename).toBe("ModelVersion");
  await application(server, "named", ["named"]);
  const ready = async () => {
    const replicas = (await server.ask(MODEL, { name: "named" })).model?.versions[0]?.replicas ?? [];
    return replicas.filter(({ state }) => state === "READY").map(({ endpoint }) => endpoint);
  };
  const at = (...hosts: string[]) => hosts.map((host) => `gpu.test:${port} (${host})`);
  let value = 0;
  /** Asked as it goes, all the time. */
  const untilReady = (...hosts: string[]) =>
    until(`${hosts.join()} are the replicas`, async () => {
      expect(await predict(server, "named", { values: [value] })).toMatchObject({ output: { number: value++ } });
      return (await ready()).sort().join() === at(...hosts).join();
    });
  await until("two replicas are ready", async () => (await ready()).length === 2);
  await untilReady("127.0.0.2", "127.0.0.3");

  answer("127.0.0.3", "127.0.0.4");
  await untilReady("127.0.0.3", "127.0.0.4");

  answer("127.0.0.2", "169.254.169.254");
  await server.process.stderr.line(/169\.254\.169\.254\) is link-local, multicast or a metadata service: never asked/);
  await untilReady("127.0.0.3", "127.0.0.4");
});
