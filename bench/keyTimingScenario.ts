import { BenchError } from "./bench.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { HttpSender } from "./httpSender.js";
import { createKey } from "./keyedRig.js";
import { startSkysail, temporaryFolder } from "./skysailServer.js";
import { percentile, round, show } from "./statistics.js";

const BODY = JSON.stringify({ query: "{ __typename }" });
const WARM_UP_TRIES = 2_000;
/** Slower ones were held up by something else: a collection of garbage, the machine. */
const KEPT = 0.95;

export const KEY_TIMING: Scenario = {
  name: "key-timing",
  summary: "time to refuse an API key that is wrong in its last two characters, beside one that is wrong in all",
  repetition: { runs: 1, seconds: 60 },
  goals: [{ figure: ["differenceMicroseconds"], atMost: 5 }],
  measure,
};

interface Sample {
  readonly mean: number;
  readonly variance: number;
  readonly count: number;
}

async function measure(bench: Bench): Promise<Outcome> {
  const { graphqlUrl } = await startSkysail(bench, await temporaryFolder(bench));
  const right = await createKey(graphqlUrl, { name: "operator", scopes: ["ADMIN"] });
  const near = new HttpSender(graphqlUrl, alter(right, right.length - 2));
  const far = new HttpSender(graphqlUrl, alter(right, right.indexOf("_", "pk_".length) + 1));
  try {
    for (let i = 0; i < WARM_UP_TRIES; i++) for (const sender of [near, far]) await refuse(sender);
    const times: Record<"near" | "far", number[]> = { near: [], far: [] };
    const untilMs = performance.now() + bench.settings.seconds * bench.settings.runs * 1000;
    while (performance.now() < untilMs) {
      bench.signal.throwIfAborted();
      // By turns, each first as often as the other: what the machine does meanwhile concerns both.
      times.near.push(await refuse(near));
      times.far.push(await refuse(far));
      times.far.push(await refuse(far));
      times.near.push(await refuse(near));
    }
    return outcomeOf(sampleOf(times.near), sampleOf(times.far));
  } finally {
    near.close();
    far.close();
  }
}

/** All characters from `from` on are others. */
function alter(key: string, from: number): string {
  return key.slice(0, from) + key.slice(from).replace(/./g, (character) => (character === "A" ? "B" : "A"));
}

/** Microseconds to the answer. */
async function refuse(sender: HttpSender): Promise<number> {
  const beganMs = performance.now();
  const body = await sender.post(BODY);
  const microseconds = (performance.now() - beganMs) * 1000;
  if (!body.includes('"UNAUTHENTICATED"')) throw new BenchError(`a wrong key was answered ${body}`);
  return microseconds;
}

function sampleOf(times: readonly number[]): Sample {
  const most = percentile(times, KEPT) ?? NaN;
  const kept = times.filter((time) => time <= most);
  const mean = kept.reduce((sum, time) => sum + time, 0) / kept.length;
  const variance = kept.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (kept.length - 1);
  return { mean, variance, count: kept.length };
}

/** Welch's t: the difference in standard errors, the two variances being others. */
function outcomeOf(near: Sample, far: Sample): Outcome {
  const difference = near.mean - far.mean;
  const error = Math.sqrt(near.variance / near.count + far.variance / far.count);
  const differenceMicroseconds = round(Math.abs(difference));
  const standardError = round(error);
  const welchT = round(difference / error);
  const tries = near.count + far.count;
  const meanMicroseconds = { lastTwo: round(near.mean), all: round(far.mean) };
  return {
    result: { differenceMicroseconds, standardError, welchT, tries, meanMicroseconds },
    table: [
      ["tries", "wrong at the end, us", "wrong in all, us", "difference, us", "its standard error", "Welch's t"],
      [tries, meanMicroseconds.lastTwo, meanMicroseconds.all, differenceMicroseconds, standardError, welchT].map(show),
    ],
  };
}
