import { describe, expect, test } from "@jest/globals";
import { normal, seededRandom } from "../../bench/simulation/seededRandom.js";
import { packFloats } from "../../src/correction/evidence.js";
import { newFolding } from "../../src/correction/learnedState.js";
import type { LearnedState } from "../../src/correction/learnedState.js";
import type { KeptState, PolicyVersionRecord, PriorStore } from "../../src/domain/learningPorts.js";
import { LearnPriors } from "../../src/learning/learnPriors.js";
import { newPolicy } from "../../src/correction/newPolicy.js";
import { FakeClock } from "../support/fakeClock.js";

const SIZE = 4;
const folding = newFolding({
  policy: { kind: "linear", featureModel: "factors" },
  loss: { kind: "SQUARED", range: 10 },
  output: { kind: "NUMBER" },
});

/** Users whose weights are alike in some features and apart in others: what a prior can know and a mean cannot. */
function tasks(seed: number) {
  const random = seededRandom(seed);
  const spread = [2, 2, 0.05, 0.05, 0.05];
  return () => {
    const weights = spread.map((deviation, k) => k - 2 + deviation * normal(random));
    return () => {
      const features = Array.from({ length: SIZE }, () => Math.fround(normal(random)));
      const number = [1, ...features].reduce((sum, value, k) => sum + value * (weights[k] as number), 0);
      return { features, number: number + 0.3 * normal(random) };
    };
  };
}

type Row = ReturnType<ReturnType<ReturnType<typeof tasks>>>;

function learn(state: LearnedState, { features, number }: Row): void {
  const evidence = { source: "MODEL", members: [], context: packFloats(features) };
  const lesson = folding.read({ kind: "NUMBER", number }, evidence);
  if (lesson === undefined) throw new Error("no lesson");
  folding.observe(state, lesson);
}

/** By what the state's policy answers: the regression's weights are no business of a test. */
function errorOf(state: LearnedState, { features, number }: Row): number {
  const policy = LINEAR;
  const context = Float64Array.from(features);
  const selection = { models: [], choice: undefined };
  const { output } = policy.combine(state.policy, [], selection, [], context, () => 0);
  return output.kind === "NUMBER" ? (output.number - number) ** 2 : NaN;
}

const LINEAR = newPolicy({
  policy: { kind: "linear", featureModel: "factors" },
  loss: { kind: "SQUARED", range: 10 },
  output: { kind: "NUMBER" },
});

function setUp(entities: number, observations: number) {
  const draw = tasks(1);
  const population = folding.init();
  const kept = new Map<string, KeptState>();
  for (let i = 0; i < entities; i++) {
    const row = draw();
    const state = folding.inherit(population);
    for (let n = 0; n < observations; n++) {
      const given = row();
      learn(state, given);
      learn(population, given);
    }
    const bytes = folding.encode(state);
    kept.set(`e${i}`, { policyVersion: 1, entity: `e${i}`, seq: 1, birthSeq: 0, birth: bytes, state: bytes });
  }
  const clock = new TurningClock();
  const log = { knownSeq: entities * observations, lastPriorSeq: 0, priors: [] as unknown[], taken: false };
  const outcomes: string[] = [];
  const version: PolicyVersionRecord = {
    ...{ version: 1, policy: {}, loss: {}, sinceSeq: 0, frozen: false, createdAtMs: 0 },
    origin: { kind: "CREATED" },
  };
  const versions = { current: version };
  const store: PriorStore = {
    sampleEntities: () => Promise.resolve([...kept.keys()]),
    lastPriorSeq: () => Promise.resolve(log.lastPriorSeq),
    exclusively: (_name, work) => (log.taken ? Promise.resolve(undefined) : work()),
    appendPrior(_name, _version, lastSeq, prior) {
      if (lastSeq < log.lastPriorSeq) return Promise.resolve(undefined);
      log.priors.push(prior);
      log.lastPriorSeq = log.knownSeq += 1;
      return Promise.resolve({ kind: "PRIOR", seq: log.lastPriorSeq, content: prior, atMs: 0 });
    },
  };
  const job = new LearnPriors({
    clock,
    store,
    states: {
      read: (_name, wanted) =>
        Promise.resolve(
          wanted.map((ref) => ({ ...ref, kept: kept.get(ref.entity), anew: false, tail: [], complete: true })),
        ),
    },
    administration: { policyVersions: () => Promise.resolve([versions.current]) },
    applications: () => [{ name: "app", policyVersion: 1, foldings: new Map([[1, folding]]) }],
    knownSeq: () => log.knownSeq,
    info: (_message, facts) => outcomes.push((facts as { outcome: string }).outcome),
    warn: (message) => outcomes.push(message),
  });
  return { job, clock, log, outcomes, population, kept, versions, version };
}

/** Real turns of the event loop, counted. */
class TurningClock extends FakeClock {
  turns = 0;

  override turnEnd(callback: () => void): void {
    this.turns += 1;
    setImmediate(callback);
  }
}

describe("the job that learns priors", () => {
  test("makes the first answers for new entities better than those born from the population's weights alone", async () => {
    const { job, log, outcomes, population } = setUp(60, 30);
    await job.look();
    expect(outcomes).toEqual(["APPENDED"]);
    const withPrior = folding.decode(folding.encode(population));
    expect(folding.sharedPrior?.adopt(withPrior, JSON.parse(JSON.stringify(log.priors[0])))).toBe(true);
    const draw = tasks(2);
    const errors = { before: [0, 0, 0, 0], after: [0, 0, 0, 0] };
    for (let i = 0; i < 200; i++) {
      const row = draw();
      const born = { before: folding.inherit(population), after: folding.inherit(withPrior) };
      for (let n = 0; n < 4; n++) {
        const given = row();
        for (const kind of ["before", "after"] as const) {
          errors[kind][n] = (errors[kind][n] as number) + errorOf(born[kind], given) / 200;
          learn(born[kind], given);
        }
      }
    }
    // At birth both know the mean; then who knows where users differ learns faster from the first feedback on.
    expect(errors.after[0]).toBeLessThan(1.05 * (errors.before[0] as number));
    for (const n of [1, 2, 3]) expect(errors.after[n]).toBeLessThan(0.9 * (errors.before[n] as number));
  });

  test("waits for new observations, and between two tries", async () => {
    const { job, log, outcomes, clock } = setUp(20, 20);
    await job.look();
    await job.look();
    expect(outcomes).toEqual(["APPENDED"]);
    log.knownSeq += 250;
    clock.advance(59_000);
    await job.look();
    expect(log.priors).toHaveLength(1);
    clock.advance(1_000);
    await job.look();
    expect(log.priors).toHaveLength(2);
    log.knownSeq += 199;
    clock.advance(100_000);
    await job.look();
    expect(log.priors).toHaveLength(2);
  });

  test("leaves it to a server that is at it, or was first", async () => {
    const { job, log, outcomes, clock } = setUp(20, 20);
    log.taken = true;
    await job.look();
    expect(outcomes).toEqual(["TAKEN"]);
    log.taken = false;
    log.knownSeq += 300;
    // Another server has appended one since; this one knows the log, but not what is in it.
    log.lastPriorSeq = log.knownSeq - 10;
    clock.advance(60_000);
    await job.look();
    expect(outcomes).toEqual(["TAKEN"]);
    expect(log.priors).toEqual([]);
  });

  test("says nothing from too few entities, and learns nothing for a frozen version", async () => {
    const few = setUp(9, 25);
    await few.job.look();
    expect(few.outcomes).toEqual(["TOO_FEW"]);
    const frozen = setUp(20, 20);
    frozen.versions.current = { ...frozen.version, frozen: true };
    await frozen.job.look();
    expect(frozen.log.priors).toEqual([]);
  });

  test("leaves the event loop its turns, and lets go when the server stops", async () => {
    const { job, log, clock } = setUp(20, 20);
    const looking = job.look();
    await job.stop();
    await looking;
    expect(log.priors).toEqual([]);
    expect(clock.alarms).toBe(0);
    const slow = setUp(20, 20);
    // Each look at the clock is a millisecond: a slice ends every third step.
    const step = slow.clock.nowMs.bind(slow.clock);
    let looks = 0;
    slow.clock.nowMs = () => step() + looks++;
    await slow.job.look();
    expect(slow.outcomes).toEqual(["APPENDED"]);
    expect(slow.clock.turns).toBeGreaterThan(1000);
  });
});
