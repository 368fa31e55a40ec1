import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { initPython } from "../../src/cli/init.js";
import { temporaryFolder } from "../support/postgres.js";
import { withPythonOf } from "../support/pythonEnvironment.js";
import { readyReplicas } from "../support/registered.js";
import { testServers, type TestServer } from "../support/testServer.js";
import { WrapperProcess } from "../support/wrapperProcess.js";

// Packages are installed from where pip looks for them.
jest.setTimeout(240_000);

const before = process.cwd();
const servers = testServers();
const terminal = { out: () => undefined } as unknown as Parameters<typeof initPython>[1];

await withPythonOf("light", "a new project in Python", () => {
  let server: TestServer;
  let project: string;
  /** The README's blocks: install and test, run, register and ask. */
  let blocks: readonly string[];
  let wrapper: WrapperProcess | undefined;

  beforeAll(async () => {
    server = await servers.start();
    const folder = await temporaryFolder();
    // Building the SDK writes into its source tree: a copy's.
    const sdk = join(folder, "sdk");
    cpSync("wrappers/python", sdk, { recursive: true });
    process.chdir(folder);
    initPython("my-model", terminal, sdk);
    process.chdir(before);
    project = join(folder, "my-model");
    const readme = readFileSync(join(project, "README.md"), "utf8");
    blocks = [...readme.matchAll(/```bash\n([\s\S]*?)```/g)].map(([, block]) => block as string);
  });
  afterAll(() => wrapper?.kill());

  const bash = async (block: string): Promise<string> => {
    const { stdout } = await promisify(execFile)("bash", ["-euc", block], { cwd: project });
    return stdout;
  };

  test("installs into an environment of its own, passes its test, and answers behind a server", async () => {
    const [install = "", run = "", ask = ""] = blocks;
    await bash(install);
    const [program = "", ...args] = run.trim().split(" ");
    expect(args.slice(-2)).toEqual(["--port", "9001"]);
    // Whichever port is free.
    const words = [join(project, args[0] ?? ""), ...args.slice(1, -1), "0"];
    wrapper = await WrapperProcess.start({ command: join(project, program), args: words });
    const { listening } = wrapper.ready;
    const [register = "", predict = ""] = ask
      .replaceAll("http://127.0.0.1:4000", server.url)
      .replace("127.0.0.1:9001", listening)
      .trim()
      .split("\n");
    expect(await bash(register)).toContain('{"name":"my-model-app"}');
    await readyReplicas(server, "my-model", 1);
    expect(JSON.parse(await bash(predict))).toEqual({
      data: { predict: { output: { number: 3 }, source: "MODEL" } },
    });
  });
});
