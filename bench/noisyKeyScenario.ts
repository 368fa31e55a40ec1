import { APPLICATION } from "./application.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { createKey } from "./keyedRig.js";
import { percentile, round, showSpread, spreadOf } from "./statistics.js";
import { CAPACITY, isGood, latenciesOf, SLO_MS, startStubRig } from "./stubRig.js";
import type { StubRig } from "./stubRig.js";

/** Of the model's capacity: what each key may ask, and so what both may ask together. */
const SHARE = 0.4;
/** What the victim asks, of the capacity. */
const VICTIM_LOAD = 0.3;
/** What the other key asks, of its share. */
const NOISE = 10;
const WARM_UP_SECONDS = 2;

export const NOISY_KEY: Scenario = {
  name: "noisy-key",
  summary: "good answers under one API key while another asks ten times its share, beside the same without the other",
  repetition: { runs: 3, seconds: 10 },
  goals: [{ figure: ["goodRatio"], atLeast: 0.95 }],
  measure,
};

/** Of the victim, but for `admitted`. */
interface Figures {
  /** Answered by the model within the objective, of what was asked. */
  readonly good: number;
  readonly p99Ms: number;
  /** What the other key got, of its share. */
  readonly admitted: number;
}

interface Keys {
  readonly victim: string;
  readonly noisy: string;
}

async function measure(bench: Bench): Promise<Outcome> {
  const rig = await startStubRig(bench);
  await rig.serveStub(APPLICATION);
  const keys = await makeKeys(rig);
  await rig.offer(APPLICATION, rig.load(VICTIM_LOAD, WARM_UP_SECONDS), { key: keys.victim });
  const pairs: (readonly [alone: Figures, beside: Figures])[] = [];
  for (let i = 0; i < bench.settings.runs; i++) {
    const alone = await run(rig, keys, bench.settings.seconds, 0);
    const beside = await run(rig, keys, bench.settings.seconds, NOISE * SHARE);
    pairs.push([alone, beside]);
    bench.progress(`  good ${beside.good}, alone ${alone.good}; the other key got ${beside.admitted} of its share`);
  }
  const side = (which: 0 | 1, of: keyof Figures) => spreadOf(pairs.map((pair) => pair[which][of]));
  const goodRatio = spreadOf(pairs.map(([alone, beside]) => beside.good / alone.good));
  const p99Ms = { alone: side(0, "p99Ms"), beside: side(1, "p99Ms") };
  const admitted = side(1, "admitted");
  return {
    result: { goodRatio: goodRatio.median, goodRatios: goodRatio, sloMs: SLO_MS, p99Ms, admitted },
    table: [
      ["good, ratio", "p99 ms", "p99 ms alone", "the other key's answers, of its share"],
      [goodRatio, p99Ms.beside, p99Ms.alone, admitted].map(showSpread),
    ],
  };
}

/** Keys are needed from the first one on. */
async function makeKeys({ server: { graphqlUrl } }: StubRig): Promise<Keys> {
  const admin = await createKey(graphqlUrl, { name: "operator", scopes: ["ADMIN"] });
  const make = (name: string): Promise<string> =>
    createKey(
      graphqlUrl,
      { name, scopes: ["PREDICT"], applications: [APPLICATION], rowsPerSecond: SHARE * CAPACITY },
      admin,
    );
  return { victim: await make("victim"), noisy: await make("noisy") };
}

async function run(rig: StubRig, keys: Keys, seconds: number, noisyLoad: number): Promise<Figures> {
  const [sent, others] = await Promise.all([
    rig.offer(APPLICATION, rig.load(VICTIM_LOAD, seconds), { key: keys.victim }),
    noisyLoad === 0 ? [] : rig.offer(APPLICATION, rig.load(noisyLoad, seconds), { key: keys.noisy }),
  ]);
  return {
    good: round(sent.filter(isGood).length / sent.length),
    p99Ms: round(percentile(latenciesOf(sent), 0.99) ?? NaN),
    admitted: round(latenciesOf(others).length / (SHARE * CAPACITY * seconds)),
  };
}
