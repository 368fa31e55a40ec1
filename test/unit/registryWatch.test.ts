import { describe, expect, test } from "@jest/globals";
import type { Application, RegistrySnapshot } from "../../src/domain/application.js";
import type { RegistryStore } from "../../src/domain/storePorts.js";
import { Catalogue } from "../../src/serving/catalogue.js";
import type { ModelVersions } from "../../src/serving/modelVersions.js";
import { RegistryWatch } from "../../src/serving/registryWatch.js";
import { ServingVersions } from "../../src/serving/servingVersions.js";
import { FakeClock } from "../support/fakeClock.js";
import { application } from "../support/fakeServing.js";

interface Reading {
  resolve(...names: string[]): void;
  reject(why: string): void;
}

/** A registry whose readings the test answers, and that it changes. */
class FakeRegistry {
  readonly calls: string[] = [];
  links: Application["links"] = [];
  readonly readings: Reading[] = [];
  #changed: (() => void) | undefined;

  read(): Promise<RegistrySnapshot> {
    this.calls.push("read");
    return new Promise((resolve, reject) => {
      this.readings.push({
        resolve: (...names) =>
          resolve({
            applications: names.map((name) => application({ name, links: this.links })),
            policyVersions: [],
            models: [],
            versions: [],
          }),
        reject: (why) => reject(new Error(why)),
      });
    });
  }

  onChange(changed: () => void): Promise<{ stop(): Promise<void> }> {
    this.calls.push("listen");
    this.#changed = changed;
    return Promise.resolve({ stop: () => Promise.resolve(void this.calls.push("stop")) });
  }

  change(): void {
    this.#changed?.();
  }

  get last(): Reading {
    return this.readings.at(-1) as Reading;
  }
}

function setUp() {
  const clock = new FakeClock();
  const registry = new FakeRegistry();
  const catalogue = new Catalogue();
  const warnings: string[] = [];
  const follows: string[][] = [];
  const retained: string[][] = [];
  const margin = { ms: 1 };
  const batcher = { serviceBudget: (): number => NaN };
  const served = { model: "forest", batcher };
  const watch = new RegistryWatch({
    registry: registry as unknown as RegistryStore,
    catalogue,
    versions: {
      all: () => [served],
      setModels: () => undefined,
      serving: new ServingVersions({} as ModelVersions),
    } as unknown as ModelVersions,
    learning: { follow: (followed) => void follows.push(followed.map(({ name }) => name)) },
    retain: (left) => void retained.push([...left]),
    answerMarginMs: () => margin.ms,
    warn: (message) => warnings.push(message),
    clock,
    random: () => 0.5,
  });
  const started = async () => {
    const start = watch.start();
    await settle();
    registry.last.resolve("a");
    await start;
  };
  /** Advances, and gives the number of readings that this started. */
  const advance = async (ms: number) => {
    const before = registry.readings.length;
    clock.advance(ms);
    await settle();
    return registry.readings.length - before;
  };
  return { clock, registry, catalogue, warnings, retained, margin, batcher, watch, started, advance };
}

/** Lets promises that are resolved run what waits for them. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

describe("registry watch", () => {
  test("listens before it reads, so that no change falls between", async () => {
    const { registry, catalogue, retained, watch } = setUp();
    const start = watch.start();
    await settle();
    expect(registry.calls).toEqual(["listen", "read"]);
    registry.change();
    registry.last.resolve("a");
    await start;
    await settle();
    registry.last.resolve("a", "b");
    await settle();
    expect(catalogue.names()).toEqual(["a", "b"]);
    expect(retained).toEqual([["a"], ["a", "b"]]);
  });

  test("makes a failed reading again, with growing delays up to 5 s, until one succeeds", async () => {
    const { clock, registry, catalogue, warnings, started, advance } = setUp();
    await started();
    registry.change();
    const delays: number[] = [];
    for (const delayMs of [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]) {
      registry.last.reject("down");
      await settle();
      if ((await advance(delayMs - 1)) === 0 && (await advance(1)) === 1) delays.push(delayMs);
    }
    expect(delays).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(warnings).toHaveLength(9);
    expect(warnings[0]).toBe("the registry could not be read, next attempt in 50 ms: down");
    registry.last.resolve("b");
    await settle();
    expect(catalogue.names()).toEqual(["b"]);
    expect(clock.alarms).toBe(0);
    // The next failure begins anew.
    registry.change();
    registry.last.reject("down again");
    await settle();
    expect(await advance(50)).toBe(1);
  });

  test("gives a batch half of what the margin leaves of the objective, as it is at the time, and never less than a quarter", async () => {
    const { registry, margin, batcher, started } = setUp();
    registry.links = [{ model: "forest", weight: 1 }];
    await started();
    const sloMs = application().sloMs;
    const budgets = [1, 10, 1000, 1].map((ms) => {
      margin.ms = ms;
      return batcher.serviceBudget();
    });
    expect(budgets).toEqual([(sloMs - 1) / 2, (sloMs - 10) / 2, sloMs / 4, (sloMs - 1) / 2]);
  });

  test("makes a failed reading again also where a caller waited for it", async () => {
    const { registry, watch, started, advance } = setUp();
    await started();
    const refreshed = watch.refresh();
    registry.last.reject("down");
    await expect(refreshed).rejects.toThrow("down");
    expect(await advance(50)).toBe(1);
  });

  test("gives a reading that hangs 5 s, then lets the next one go, and never puts it in force", async () => {
    const { registry, catalogue, warnings, started, advance } = setUp();
    await started();
    registry.change();
    const hanging = registry.last;
    registry.change();
    expect(await advance(4999)).toBe(0);
    expect(await advance(1)).toBe(1);
    expect(warnings).toEqual([expect.stringContaining("no answer within 5000 ms")]);
    registry.last.resolve("new");
    await settle();
    hanging.resolve("old");
    await settle();
    expect(catalogue.names()).toEqual(["new"]);
    expect(await advance(60_000)).toBe(0);
  });

  test("calls off on stop what it would try again, and puts nothing in force after it", async () => {
    const { clock, registry, catalogue, watch, started, advance } = setUp();
    await started();
    registry.change();
    registry.last.reject("down");
    await settle();
    expect(clock.alarms).toBe(1);
    await watch.stop();
    expect(clock.alarms).toBe(0);
    expect(registry.calls.at(-1)).toBe("stop");
    const other = setUp();
    await other.started();
    other.registry.change();
    await other.watch.stop();
    other.registry.last.resolve("late");
    await settle();
    expect(other.catalogue.names()).toEqual(["a"]);
    expect([await advance(60_000), await other.advance(60_000)]).toEqual([0, 0]);
    expect(catalogue.names()).toEqual(["a"]);
  });

  test("fails to start with a first reading that fails, and stops listening", async () => {
    const { clock, registry, warnings, watch } = setUp();
    const start = watch.start();
    await settle();
    registry.last.reject("down");
    await expect(start).rejects.toThrow("down");
    expect(registry.calls).toEqual(["listen", "read", "stop"]);
    expect([clock.alarms, warnings]).toEqual([0, []]);
  });
});
