import { afterEach, describe, expect, test } from "@jest/globals";
import { LinkRig } from "../support/linkRig.js";
import type { ModelInferRequest } from "../../src/protocol/generated/inference.js";
import { doublingSizes } from "../../src/replicas/warmUp.js";
import type { WarmUpSample } from "../../src/replicas/warmUp.js";

const ROWS = [5, 6, 7].map((value) => [Uint8Array.of(value)]);
let rig: LinkRig;

/** A link whose wrapper is warmed up with batches of 1, 2 and 4 of three rows; batches take as many ms as given. */
function warming(tookMs: readonly number[] = [], options: ConstructorParameters<typeof LinkRig>[1] = {}): void {
  rig = new LinkRig({}, { warmUp: { rows: () => ROWS, sizes: () => [1, 2, 4] }, ...options });
  let call = 0;
  rig.server.onRequest = (request) => {
    rig.clock.timeMs += tookMs[call++] ?? 0;
    answer(request);
  };
}

function answer({ id, rawInputContents }: ModelInferRequest): void {
  rig.server.answer(Number(id), [...(rawInputContents[0] ?? [])]);
}

const sent = () => rig.server.requests.map(({ rawInputContents }) => [...(rawInputContents[0] ?? [])]);

describe("the sizes of a warm-up", () => {
  test.each([
    [1, [1]],
    [2, [1, 2]],
    [7, [1, 2, 4, 7]],
    [64, [1, 2, 4, 8, 16, 32, 64]],
  ])("double up to the largest batch, %d", (most, sizes) => {
    expect(doublingSizes(most)).toEqual(sizes);
  });
});

describe("a link with rows to warm up with", () => {
  afterEach(() => rig.stop());

  test("sends real rows, repeated to fill each size, before it is ready, and tells what they took but the first", async () => {
    warming([150, 3, 4, 6]);
    const phases: string[] = [];
    rig.server.onReadyAsked = () => phases.push(rig.link.phase);
    const answerIt = rig.server.onRequest;
    rig.server.onRequest = (request) => {
      phases.push(rig.link.phase);
      answerIt?.(request);
    };
    await rig.start();
    expect(sent()).toEqual([[5], [5], [5, 6], [5, 6, 7, 5]]);
    expect(phases).toEqual(["CONNECTING", "WARMING", "WARMING", "WARMING", "WARMING"]);
    expect(rig.link.warmUpSamples).toEqual([
      { rows: 1, serviceMs: 3 },
      { rows: 2, serviceMs: 4 },
      { rows: 4, serviceMs: 6 },
    ]);
    expect(rig.events).toEqual(["ready"]);
  });

  test("takes no batch meanwhile", async () => {
    warming();
    rig.server.onRequest = (request) => {
      if (rig.server.requests.length === 1) rig.send(8, 1);
      answer(request);
    };
    await rig.start();
    expect(rig.events).toEqual(["8 lost: replica r is not connected", "ready"]);
  });

  test("leaves out batches that no message holds", async () => {
    const large = [new Uint8Array(400_000)];
    const signature = {
      inputs: [{ name: "x", datatype: "UINT8", shape: [400_000] }],
      outputs: [{ name: "y", datatype: "UINT8", shape: [] }],
    } as const;
    rig = new LinkRig(
      { signature },
      { warmUp: { rows: () => [large], sizes: () => [1, 2, 4] }, maxMessageBytes: 1_000_000 },
    );
    const rows: number[] = [];
    rig.server.onRequest = ({ id, inputs }) => {
      rows.push(inputs[0]?.shape[0] ?? 0);
      rig.server.answer(
        Number(id),
        Array.from({ length: rows.at(-1) ?? 0 }, () => 0),
      );
    };
    await rig.start();
    expect(rows).toEqual([1, 1, 2]);
  });

  test("is ready at once when there are none", async () => {
    rig = new LinkRig({}, { warmUp: { rows: () => [], sizes: () => [1, 2] } });
    await rig.start();
    expect(rig.events).toEqual(["ready"]);
    expect(rig.server.requests).toEqual([]);
  });

  test("says with which rows the wrapper failed, soon tries once more, and then less and less often", async () => {
    warming();
    rig.server.onRequest = ({ id }) => rig.server.refuse(Number(id), "INTERNAL", "no memory");
    await rig.start();
    for (let tries = 1; tries < 5; tries++) {
      rig.clock.fire();
      await rig.happened("waits", tries + 1);
    }
    expect(rig.link.phase).toBe("BACKOFF");
    expect(rig.link.problem).toBe("warm-up with 1 rows: model m@1: INTERNAL: no memory");
    expect(rig.clock.delaysMs).toEqual([50, 50, 100, 200, 400]);
    rig.server.onRequest = answer;
    rig.clock.fire();
    await rig.happened("ready");
  });

  test("breaks off when the wrapper dies of it", async () => {
    warming();
    rig.server.onRequest = () => rig.server.call?.end();
    await rig.start();
    expect(rig.events).toEqual(["waits"]);
    expect(rig.link.problem).toBe("the wrapper closed the stream");
  });

  test("does not try again with as many rows as the wrapper ended with", async () => {
    warming();
    rig.server.onRequest = (request) => {
      if (request.inputs[0]?.shape[0] === 4) rig.server.call?.end();
      else answer(request);
    };
    await rig.start();
    expect(rig.link.problem).toBe("the wrapper closed the stream");
    rig.clock.fire();
    await rig.happened("ready");
    expect(rig.link.warmUpSamples.map(({ rows }) => rows)).toEqual([1, 2]);
  });

  test("is content with the sizes that the model can do, if it can do the first", async () => {
    warming();
    rig.server.onRequest = (request) => {
      if (request.inputs[0]?.shape[0] === 4) rig.server.refuse(Number(request.id), "INTERNAL", "too many rows");
      else answer(request);
    };
    await rig.start();
    expect(rig.events).toEqual(["ready"]);
    expect(rig.link.warmUpSamples.map(({ rows }) => rows)).toEqual([1, 2]);
  });

  test("ends with the first size that takes longer than a batch may, twice: the first time it may have compiled", async () => {
    const budget = { rows: () => ROWS, sizes: () => [1, 2, 4, 8], budgetMs: () => 10 };
    warming([150, 3, 90, 5, 90, 12], { warmUp: budget });
    await rig.start();
    expect(sent().map(({ length }) => length)).toEqual([1, 1, 2, 2, 4, 4]);
    expect(rig.link.warmUpSamples.map(({ serviceMs }) => serviceMs)).toEqual([3, 5, 12]);
    expect(rig.link.warmUp).toBe("3 sizes, 1 to 4 rows in 3.0 to 12.0 ms");
  });

  test("lets a batch take more where a single row takes as long", async () => {
    const budgetMs = (samples: readonly WarmUpSample[]): number => Math.max(10, 1.25 * (samples[0]?.serviceMs ?? 0));
    warming([150, 11, 12, 13, 20, 20], { warmUp: { rows: () => ROWS, sizes: () => [1, 2, 4, 8, 16], budgetMs } });
    await rig.start();
    expect(rig.link.warmUpSamples.map(({ rows }) => rows)).toEqual([1, 2, 4, 8]);
  });

  test("begins no batch after its time, but has the first call behind it", async () => {
    const limited = { rows: () => ROWS, sizes: () => [1, 2, 4], limitMs: () => 100 };
    warming([5000, 60], { warmUp: limited });
    await rig.start();
    expect(sent()).toEqual([[5], [5]]);
    expect(rig.events).toEqual(["ready"]);
  });

  test("says what it does meanwhile, and that there was none", async () => {
    warming();
    const said: (string | undefined)[] = [];
    rig.server.onRequest = (request) => {
      said.push(rig.link.warmUp);
      answer(request);
    };
    await rig.start();
    expect(said).toEqual([1, 1, 2, 4].map((rows) => `computing batches of ${rows} rows`));
    rig.stop();
    rig = new LinkRig({});
    await rig.start();
    expect(rig.link.warmUp).toMatch(/^none: no inputs are given/);
  });

  test("breaks off when the wrapper stops", async () => {
    warming();
    rig.server.onRequest = ({ id }) => rig.server.refuse(Number(id), "UNAVAILABLE", "the wrapper is stopping");
    await rig.start();
    rig.clock.fire();
    await rig.happened("waits", 2);
    rig.clock.fire();
    await rig.happened("waits", 3);
    // Leaving is no failure of the warm-up.
    expect(rig.clock.delaysMs).toEqual([50, 100, 200]);
    expect(rig.link.problem).toBe("the wrapper is stopping");
  });

  test("is content with a batch of which a row failed alone, but not with none", async () => {
    const signature = {
      inputs: [{ name: "x", datatype: "UINT8", shape: [] }],
      outputs: [{ name: "y", datatype: "FP32", shape: [] }],
    } as const;
    rig = new LinkRig({ signature }, { warmUp: { rows: () => ROWS, sizes: () => [2] } });
    let good = [NaN, NaN];
    rig.server.onRequest = ({ id }) => {
      const raw = Buffer.from(Float32Array.from(good).buffer);
      const outputs = [{ name: "y", datatype: "FP32", shape: [2] }];
      rig.server.write({ inferResponse: { id, outputs, rawOutputContents: [raw] } });
    };
    await rig.start();
    expect(rig.link.problem).toBe('warm-up with 2 rows: output "y" has NaN or infinity');
    good = [1, NaN];
    rig.clock.fire();
    await rig.happened("ready");
  });
});
