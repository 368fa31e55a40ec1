import { afterEach, describe, expect, test } from "@jest/globals";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { FaultProxy } from "../../bench/faultProxy.js";
import type { Toxics } from "../../bench/faultProxy.js";
import { LiveLink, verdictOf } from "../support/liveLinks.js";
import type { Verdict } from "../support/liveLinks.js";
import { until } from "../support/ownProcesses.js";
import { testWrappers } from "../support/registered.js";
import { nodeWrapper } from "../support/wrapperProcess.js";
import type { WrapperCommand, WrapperProcess } from "../support/wrapperProcess.js";

const wrappers = testWrappers();
const links: LiveLink[] = [];
afterEach(() => {
  for (const { link } of links.splice(0)) link.stop();
});

function linkTo(...args: ConstructorParameters<typeof LiveLink>): LiveLink {
  const live = new LiveLink(...args);
  links.push(live);
  return live;
}

const stub = (...args: string[]): WrapperCommand => nodeWrapper("test/support/wrapperModels/stub.mjs", ...args);

/** For links that nothing but a ping tells of a silence. */
const BATCHES_NEVER_LATE = { batchTimeoutMs: 3_600_000 };

async function readyLink(wrapper: WrapperProcess): Promise<LiveLink> {
  const live = linkTo(wrapper.ready.listening, 1, BATCHES_NEVER_LATE);
  await live.ready();
  return live;
}

describe("a wrapper that hangs", () => {
  test.each([["idle"], ["with a batch in it"]])("is noticed, and is back when it goes on: %s", async (how) => {
    const wrapper = await wrappers.start(stub());
    const live = await readyLink(wrapper);
    wrapper.signal("SIGSTOP");
    const reply = how === "idle" ? undefined : live.send(1);
    await until("the hang is noticed", () => live.losses.length === 1);
    if (reply !== undefined) expect(await reply).toMatchObject({ kind: "lost" });
    wrapper.signal("SIGCONT");
    await live.ready();
    expect(verdictOf(await live.send(2), [2])).toBe("RIGHT");
  });
});

describe("a wrapper that is killed", () => {
  test("is up again for its link as soon as it listens again, however long it was away", async () => {
    let wrapper = await wrappers.start(stub());
    const live = await readyLink(wrapper);
    const { listening } = wrapper.ready;
    for (let round = 1; round <= 3; round++) {
      wrapper.signal("SIGKILL");
      await wrapper.exited;
      await until("it is lost", () => live.link.phase !== "READY");
      // Longer than it takes for the delays to have grown.
      await until("it was tried often", () => (live.link.retryInMs ?? 0) > 300);
      expect(await live.send(1)).toMatchObject({ kind: "lost" });
      expect(live.link.problem).toMatch(/ECONNREFUSED|No connection established/);
      wrapper = await wrappers.start(stub(), "--listen", listening);
      expect(live.link.retryInMs ?? 0).toBeLessThanOrEqual(500);
      await live.ready();
      expect(verdictOf(await live.send(round), [round])).toBe("RIGHT");
    }
  });

  test("in a crash loop is asked less and less often, and what it loses names the model", async () => {
    let wrapper = await wrappers.start(stub("--exit-every", "3"));
    const { listening } = wrapper.ready;
    const live = linkTo(listening, 1, { random: () => 0.5 });
    for (let round = 1; round <= 5; round++) {
      await live.ready();
      for (const number of [1, 2]) expect(verdictOf(await live.send(number), [number])).toBe("RIGHT");
      expect(await live.send(3)).toMatchObject({ kind: "lost", message: expect.stringContaining("model stub@1: ") });
      expect(live.losses.length).toBe(round);
      await wrapper.exited;
      wrapper = await wrappers.start(stub("--exit-every", "3"), "--listen", listening);
    }
    const waits = live.losses.map(({ retryInMs = 0 }) => Math.ceil(retryInMs));
    expect(waits).toEqual([50, 100, 200, 400, 800]);
  });
});

describe("a wrapper behind a network that", () => {
  const ROWS = [1, 2, 3, 4];
  const WIDTH = 256;

  async function behindProxy(options = BATCHES_NEVER_LATE): Promise<{ proxy: FaultProxy; live: LiveLink }> {
    const wrapper = await wrappers.start(stub("--width", String(WIDTH)));
    const port = Number(wrapper.ready.listening.split(":")[1]);
    const proxy = await FaultProxy.start({ host: "127.0.0.1", port, random: seededRandom(7) });
    const live = linkTo(proxy.address, WIDTH, { checksums: true, ...options });
    await live.ready();
    return { proxy, live };
  }

  /** Sends batches, as far as there is a link, until so many have been answered; counts how. */
  async function batches(live: LiveLink, count: number): Promise<Record<Verdict, number>> {
    const counts = { RIGHT: 0, WRONG: 0, lost: 0, failed: 0 };
    for (let i = 0; i < count; i++) {
      await live.ready();
      counts[verdictOf(await live.send(...ROWS), ROWS)] += 1;
    }
    return counts;
  }

  async function healed(proxy: FaultProxy, live: LiveLink): Promise<void> {
    proxy.toxics = {};
    await live.ready();
    expect(verdictOf(await live.send(...ROWS), ROWS)).toBe("RIGHT");
    await proxy.down();
  }

  test.each<[string, Toxics]>([
    ["is slow", { latencyMs: 20 }],
    ["cuts everything into pieces", { sliceBytes: 50 }],
  ])("%s is served all the same", async (_, toxics) => {
    const { proxy, live } = await behindProxy();
    proxy.toxics = toxics;
    expect(await batches(live, 20)).toEqual({ RIGHT: 20, WRONG: 0, lost: 0, failed: 0 });
    expect(live.losses).toEqual([]);
    await healed(proxy, live);
  });

  test("swallows everything is noticed", async () => {
    const { proxy, live } = await behindProxy();
    proxy.toxics = { blackHole: true };
    const reply = live.send(...ROWS);
    await until("it is noticed", () => live.losses.length === 1);
    expect(await reply).toMatchObject({ kind: "lost" });
    await healed(proxy, live);
  });

  test("resets connections loses what is in flight, and is found again", async () => {
    const { proxy, live } = await behindProxy();
    for (let round = 1; round <= 5; round++) {
      await live.ready();
      proxy.toxics = { blackHole: true };
      const reply = live.send(...ROWS);
      proxy.reset();
      expect(await reply).toMatchObject({ kind: "lost" });
      proxy.toxics = {};
    }
    await healed(proxy, live);
  });

  test("refuses connections is found again when it does not", async () => {
    const { proxy, live } = await behindProxy();
    await proxy.down();
    await until("it is lost", () => live.losses.length === 1);
    await until("it was tried again", () => live.link.problem?.includes("ECONNREFUSED") === true);
    await proxy.up();
    await healed(proxy, live);
  });

  test.each([
    ["on the way there", { client: 30_000 }],
    ["on the way back", { server: 30_000 }],
  ])("corrupts bytes %s never gives a wrong answer", async (_, corruptEvery) => {
    // What is corrupted may leave a batch without a reply.
    const { proxy, live } = await behindProxy({ batchTimeoutMs: 2000 });
    proxy.toxics = { corruptEvery };
    const counts = { RIGHT: 0, WRONG: 0, lost: 0, failed: 0 };
    while (proxy.corrupted < 12) {
      await live.ready();
      counts[verdictOf(await live.send(...ROWS), ROWS)] += 1;
    }
    expect(counts.WRONG).toBe(0);
    expect(counts.RIGHT).toBeGreaterThan(20);
    expect(counts.lost + counts.failed).toBeGreaterThan(3);
    await healed(proxy, live);
  });
});

describe("fifty wrappers that restart at once", () => {
  test("are all found again, while another one goes on answering", async () => {
    const many = (...ports: string[]) => nodeWrapper("test/support/manyWrappers.mjs", "50", ...ports);
    let crowd = await wrappers.start(many());
    const ports = crowd.ready.listening.split(",");
    const others = ports.map((endpoint) => linkTo(endpoint));
    const steady = await readyLink(await wrappers.start(stub()));
    await Promise.all(others.map((live) => live.ready()));
    for (let round = 1; round <= 2; round++) {
      crowd.signal("SIGKILL");
      await until("all are lost", () => others.every(({ link }) => link.phase !== "READY"));
      crowd = await wrappers.start(many(...ports));
      let back = false;
      const answers = (async () => {
        const verdicts = new Set<Verdict>();
        while (!back) verdicts.add(verdictOf(await steady.send(1, 2), [1, 2]));
        return verdicts;
      })();
      await Promise.all(others.map((live) => live.ready()));
      back = true;
      expect(await answers).toEqual(new Set(["RIGHT"]));
    }
    expect(steady.losses).toEqual([]);
    for (const live of others) expect(verdictOf(await live.send(5), [5])).toBe("RIGHT");
  });
});
