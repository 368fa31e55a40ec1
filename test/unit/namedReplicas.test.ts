import { expect, test } from "@jest/globals";
import { HostRules } from "../../src/lib/hostRules.js";
import { GuardedDial } from "../../src/replicas/dial.js";
import { MOST_REPLICAS, NamedReplicas, RESOLVE_EVERY_MS } from "../../src/serving/namedReplicas.js";
import { FakeClock } from "../support/fakeClock.js";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** What is linked and what leaves, in order; the name server answers as the test says. */
class Rig {
  readonly log: string[] = [];
  readonly clock = new FakeClock();
  answer: readonly string[] | Error = [];
  asked = 0;
  readonly named: NamedReplicas;

  constructor() {
    const lookup = (): Promise<readonly string[]> => {
      this.asked += 1;
      return this.answer instanceof Error ? Promise.reject(this.answer) : Promise.resolve(this.answer);
    };
    const dial = new GuardedDial({ rules: new HostRules([]), lookup, tls: undefined });
    this.named = new NamedReplicas({
      endpoint: "gpu:80",
      resolve: (endpoint) => dial.resolve(endpoint),
      clock: this.clock,
      add: (name) => this.log.push(`add ${name}`),
      remove: (name) => this.log.push(`remove ${name}`),
      tell: (message) => this.log.push(message),
    });
    this.named.start();
  }

  async answers(...addresses: string[]): Promise<string[]> {
    this.answer = addresses;
    return this.next();
  }

  /** What the next look-up brings. */
  async next(): Promise<string[]> {
    await settled();
    this.log.length = 0;
    this.clock.advance(RESOLVE_EVERY_MS);
    await settled();
    return this.log;
  }
}

test("a name is a replica for each machine, which come and go as the answer says, the new ones first", async () => {
  const rig = new Rig();
  expect(await rig.answers("10.0.0.5", "10.0.0.6")).toEqual([
    "add gpu:80 (10.0.0.5)",
    "add gpu:80 (10.0.0.6)",
    "remove gpu:80",
  ]);
  expect(await rig.answers("10.0.0.6", "10.0.0.5")).toEqual([]);
  expect(await rig.answers("10.0.0.7", "10.0.0.6")).toEqual(["add gpu:80 (10.0.0.7)", "remove gpu:80 (10.0.0.5)"]);
});

test("of a name with addresses of both kinds each machine counts once", async () => {
  const rig = new Rig();
  expect(await rig.answers("fd00::5", "10.0.0.5")).toEqual(["add gpu:80 (fd00::5, 10.0.0.5)", "remove gpu:80"]);
  expect(await rig.answers("fd00::5", "fd00::6", "10.0.0.5", "10.0.0.6")).toEqual([
    "add gpu:80 (10.0.0.5)",
    "add gpu:80 (10.0.0.6)",
    "remove gpu:80 (fd00::5, 10.0.0.5)",
  ]);
  expect(await rig.answers("fd00::5", "fd00::6", "10.0.0.5")).toContain("add gpu:80 (fd00::6)");
});

test.each([
  [new Error("getaddrinfo ENOTFOUND gpu"), "getaddrinfo ENOTFOUND gpu"],
  [
    ["10.0.0.9", "169.254.169.254"],
    "gpu (169.254.169.254) is link-local, multicast or a metadata service: never asked",
  ],
  [["10.0.0.9", "127.0.0.1"], "gpu (127.0.0.1) is a name for this machine"],
  [[], "gpu has no address"],
])(
  "an answer that is none, or has an address that is refused, changes nothing and is told once: %j",
  async (answer, why) => {
    const rig = new Rig();
    await rig.answers("10.0.0.5");
    rig.answer = answer;
    expect(await rig.next()).toEqual([
      expect.stringContaining(`gpu:80 could not be looked up, what is linked stays: ${why}`),
    ]);
    expect(await rig.next()).toEqual([]);
    expect(await rig.answers("10.0.0.6")).toEqual(["add gpu:80 (10.0.0.6)", "remove gpu:80 (10.0.0.5)"]);
  },
);

test("no more than so many machines of a name are linked", async () => {
  const rig = new Rig();
  const many = Array.from({ length: MOST_REPLICAS + 10 }, (_, i) => `10.0.0.${i + 1}`);
  const log = await rig.answers(...many);
  expect(log.filter((line) => line.startsWith("add"))).toHaveLength(MOST_REPLICAS);
  expect(log).toContain(`gpu:80 stands for ${many.length} machines: the first ${MOST_REPLICAS} are linked`);
});

test("a name that is left is not asked about any more, and what it had leaves", async () => {
  const rig = new Rig();
  await rig.answers("10.0.0.5");
  rig.log.length = 0;
  rig.named.leave();
  expect(rig.log).toEqual(["remove gpu:80 (10.0.0.5)"]);
  const { asked } = rig;
  expect(await rig.answers("10.0.0.6")).toEqual([]);
  expect([rig.asked, rig.clock.alarms]).toEqual([asked, 0]);
});

test("an answer that comes after its name was left links nothing", async () => {
  const rig = new Rig();
  rig.answer = ["10.0.0.5"];
  rig.named.leave();
  await settled();
  expect([rig.log, rig.clock.alarms]).toEqual([[], 0]);
});
