import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openContract } from "../contract/openContract.js";
import type { CreateApplicationInput, SignatureInput } from "../generated/graphql.js";
import { mlserver, pairsSignature, triton } from "../support/existingServers.js";
import type { Digits, ExistingServer } from "../support/existingServers.js";
import { REGISTER_VERSION } from "../support/operations.js";
import { until, type OwnProcess } from "../support/ownProcesses.js";
import { temporaryFolder } from "../support/postgres.js";
import { withPythonOf } from "../support/pythonEnvironment.js";
import { application, predict, predictMany, readyReplicas } from "../support/registered.js";
import { testServers, type TestServer } from "../support/testServer.js";

const servers = testServers();
const SUM_OF_FOUR: Partial<CreateApplicationInput> = {
  sloMs: 5000,
  input: [{ name: "x", datatype: "FP32", shape: [4] }],
  output: { number: {} },
};
/** They load Python, and start again in tests of this file. */
const STARTS_WITHIN_MS = 60_000;

interface Running {
  server: TestServer;
  existing: ExistingServer;
  process: OwnProcess;
}

async function registerSums(server: TestServer, endpoint: string, signature?: SignatureInput): Promise<void> {
  const input = { model: "sums", version: 1, endpoints: [endpoint], signature };
  await until(
    "it takes connections",
    async () => {
      const { registerModelVersion } = await server.ask(REGISTER_VERSION, { input });
      return registerModelVersion.__typename === "ModelVersion";
    },
    STARTS_WITHIN_MS,
  );
  await until("it is ready", async () => (await ready(server)) === 1, STARTS_WITHIN_MS);
  await application(server, "sums", ["sums"], SUM_OF_FOUR);
}

const ready = (server: TestServer) => server.metric("skysail_model_ready_replicas", { model: "sums" });

async function sumOf(server: TestServer, ...values: number[]): Promise<unknown> {
  const answer = await predict(server, "sums", { values });
  return answer.__typename === "Prediction" ? answer.output : answer;
}

/** What both of them have to do, whatever their stream is like. */
function serves(running: () => Running, transport: RegExp): void {
  test("is linked as its stream allows", async () => {
    const { server } = running();
    await server.process.stderr.line(transport);
  });

  test("answers each row of a batch as the model does", async () => {
    const { server } = running();
    const inputs = Array.from({ length: 100 }, (_, i) => ({ values: [i, 0.5, 0.25, 0.125] }));
    const answers = await predictMany(server, "sums", inputs);
    const sums = answers.map((row) => (row.__typename === "Prediction" ? row.output : row));
    expect(sums).toMatchObject(inputs.map((_, i) => ({ number: i + 0.875 })));
  });

  test("fails what its model refuses, and goes on", async () => {
    const { server } = running();
    expect(await sumOf(server, -1, 0, 0, 0)).toMatchObject({
      code: "MODEL_UNAVAILABLE",
      message: expect.stringContaining("negative numbers are not served here"),
    });
    expect(await sumOf(server, 1, 2, 3, 5)).toMatchObject({ number: 11 });
    expect(await ready(server)).toBe(1);
  });

  test("is given up while it hangs, and linked again", async () => {
    const { server, process } = running();
    process.signal("SIGSTOP");
    await until("it is given up", async () => (await ready(server)) === 0);
    process.signal("SIGCONT");
    await readyReplicas(server, "sums", 1);
    expect(await sumOf(server, 1, 1, 1, 1)).toMatchObject({ number: 4 });
  }, 30_000);

  test("is given up when it is killed, fails at once meanwhile, and is linked again", async () => {
    const { server, process, existing } = running();
    await process.killAll();
    await until("it is given up", async () => (await ready(server)) === 0);
    expect(await sumOf(server, 1, 1, 1, 2)).toMatchObject({ code: "MODEL_UNAVAILABLE" });
    running().process = existing.start();
    await until("it is linked again", async () => (await ready(server)) === 1, STARTS_WITHIN_MS);
    expect(await sumOf(server, 1, 1, 1, 3)).toMatchObject({ number: 6 });
  }, 90_000);
}

/** Two inputs and text, through Skysail: its reading asks for one output of the two. */
function servesPairs(running: () => Running): void {
  test("answers rows of text and numbers as the model does", async () => {
    const { server, existing } = running();
    const input = { model: "pairs", version: 1, endpoints: [existing.endpoint] };
    const { registerModelVersion: stored } = await server.ask(REGISTER_VERSION, { input });
    expect(stored).toMatchObject({ __typename: "ModelVersion" });
    await readyReplicas(server, "pairs", 1);
    await application(server, "pairs", ["pairs"], {
      input: pairsSignature([1]).inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape: [...shape] })),
    });
    const words = Array.from({ length: 100 }, (_, i) => "ä".repeat(i % 9));
    const inputs = words.map((word, i) => ({
      tensors: [
        { name: "text", datatype: "BYTES" as const, shape: [1], data: { strings: [word] } },
        { name: "x", datatype: "FP32" as const, shape: [2], data: { values: [i, 0.5] } },
      ],
    }));
    const answers = await predictMany(server, "pairs", inputs);
    const totals = answers.map((row) => (row.__typename === "Prediction" ? row.output : row));
    expect(totals).toMatchObject(words.map((word, i) => ({ number: word.length + i + 0.5 })));
  });
}

await withPythonOf("mlserver", "MLServer, unchanged", (python) => {
  let running: Running;
  let digits: Digits;

  beforeAll(async () => {
    const existing = await mlserver(python, await temporaryFolder());
    digits = existing.digits;
    running = { existing, process: existing.start(), server: await servers.start() };
    // It states no signature: the one that is registered counts.
    await registerSums(running.server, existing.endpoint, {
      inputs: [{ name: "x", datatype: "FP32", shape: [4] }],
      outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
    });
  }, 180_000);
  afterAll(() => running.process.killAll());

  test("answers for scikit-learn as scikit-learn does", async () => {
    const { server, existing } = running;
    const input = { model: "digits", version: 1, endpoints: [existing.endpoint] };
    const { registerModelVersion: stored } = await server.ask(REGISTER_VERSION, { input });
    expect(stored).toMatchObject({ __typename: "ModelVersion" });
    await readyReplicas(server, "digits", 1);
    await application(server, "digits", ["digits"], {
      input: [{ name: "x", datatype: "FP32", shape: [64] }],
      output: { label: { labels: [..."0123456789"] } },
    });
    const answers = await predictMany(
      server,
      "digits",
      digits.rows.map((values) => ({ values: [...values] })),
    );
    const labels = answers.map((row) => (row.__typename === "Prediction" ? row.output : row));
    expect(labels).toMatchObject(digits.labels.map((label) => ({ label })));
  });

  servesPairs(() => running);
  openContract(() => ({
    endpoint: running.existing.endpoint,
    signature: pairsSignature([1]),
    streams: false,
    lets: ["other row count", "unknown output"],
  }));
  serves(() => running, /replica sums@1#\S+ is ready, with a call for each batch/);
});

await withPythonOf("triton", "Triton, unchanged", (python) => {
  let running: Running;

  beforeAll(async () => {
    const existing = await triton(python, await temporaryFolder());
    running = { existing, process: existing.start(), server: await servers.start() };
    await registerSums(running.server, existing.endpoint);
  }, 180_000);
  afterAll(() => running.process.killAll());

  servesPairs(() => running);
  openContract(() => ({
    endpoint: running.existing.endpoint,
    signature: pairsSignature([1]),
    streams: true,
    lets: [],
  }));
  serves(() => running, /replica sums@1#\S+ is ready, on its stream/);
});
