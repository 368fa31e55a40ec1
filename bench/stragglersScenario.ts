import { poisson } from "./arrivals.js";
import { BenchError } from "./bench.js";
import type { Bench, Goal, Outcome, Scenario } from "./bench.js";
import { writeFigure } from "./figureFiles.js";
import { startEnsembleRig } from "./learning/ensembleRig.js";
import type { EnsembleRig } from "./learning/ensembleRig.js";
import { drawStragglers, stragglersCsv } from "./learning/stragglersFigure.js";
import type { StragglerFigures, StragglerPair } from "./learning/stragglersFigure.js";
import { prepareLearningData } from "./learning/learningData.js";
import { readScoredItems } from "./learning/scoredItems.js";
import type { ScoredItems } from "./learning/scoredItems.js";
import type { Sent } from "./openLoop.js";
import { seededRandom } from "./simulation/seededRandom.js";
import { percentile, round, showSpread, spreadOf } from "./statistics.js";

const SIZES = [4, 8, 16] as const;
const SLO_MS = 20;
/** So long that no member is too late; and the confidence that is asked for is one that every member is needed for. */
const BLOCKING_SLO_MS = 2000;
/** A batch takes 5 ms or so, one in a hundred 25 times as long. */
const SERVICE = { line: "5,0.1", sigma: 0.15, stall: "0.01,25" };
const PER_SECOND = 30;
const WARM_UP_SECONDS = 3;

export const STRAGGLERS: Scenario = {
  name: "stragglers",
  summary: "p99 of ensembles whose members stall now and then: answered by the deadline, beside waiting for all",
  repetition: { runs: 3, seconds: 10 },
  goals: SIZES.flatMap((size): Goal[] => [
    // The objective, and a millisecond or two of HTTP on the client's side.
    { figure: ["p99Ms", String(size)], atMost: 23 },
    { figure: ["p99Gain", String(size)], atLeast: 5 },
    { figure: ["accuracyLoss", String(size)], atMost: 0.01 },
    // Somebody is in time for all but one query in a hundred.
    { figure: ["unanswered", String(size)], atMost: 0.01 },
  ]),
  measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const data = await prepareLearningData(bench);
  const items = await readScoredItems(data, "mnist");
  const rig = await startEnsembleRig(bench, data, SERVICE);
  const load = loading(rig, items);
  const pairs = new Map<number, StragglerPair[]>();
  for (const size of SIZES) {
    await rig.serve(`in-time-${size}`, size, SLO_MS);
    await rig.serve(`all-${size}`, size, BLOCKING_SLO_MS, 1);
    pairs.set(size, []);
    // Learns how long the stubs take.
    await load([`all-${size}`], WARM_UP_SECONDS);
  }
  for (let run = 0; run < bench.settings.runs; run++) {
    for (const size of SIZES) {
      const figures = await load([`in-time-${size}`, `all-${size}`], bench.settings.seconds);
      const [mitigated, blocking] = figures as [StragglerFigures, StragglerFigures];
      pairs.get(size)?.push({ mitigated, blocking });
      bench.progress(`  ${size} members: p99 ${mitigated.p99Ms} ms, waiting for all ${blocking.p99Ms} ms`);
    }
  }
  await writeFigure(bench, "stragglers", { svg: () => drawStragglers(pairs, SLO_MS), csv: stragglersCsv(pairs) });
  return outcomeOf(pairs);
}

/**
 * Gives each application the same queries at the same times, one application after the other. Every query asks about an
 * image of its own, under a number of its own for each application, so that no cache helps.
 */
function loading(
  rig: EnsembleRig,
  items: ScoredItems,
): (names: readonly string[], seconds: number) => Promise<StragglerFigures[]> {
  let first = 0;
  let seed = 0;
  return async (names, seconds) => {
    const arrivals = [...poisson(PER_SECOND, seconds, seededRandom((seed += 1)))];
    if (first + arrivals.length > items.count)
      throw new BenchError(`only ${items.count} images: fewer --runs or --seconds`);
    const figures: StragglerFigures[] = [];
    for (const [i, name] of names.entries()) {
      const sent = await rig.offer(name, arrivals, i * items.count + first);
      figures.push(figuresOf(sent, first, items));
    }
    first += arrivals.length;
    return figures;
  };
}

interface PredictBody {
  readonly data: {
    readonly predict: {
      readonly output?: { readonly label: string };
      readonly models?: readonly unknown[];
      readonly modelsMissing?: readonly unknown[];
    };
  };
}

function figuresOf(sent: readonly Sent[], first: number, items: ScoredItems): StragglerFigures {
  let right = 0;
  let answered = 0;
  let present = 0;
  let missing = 0;
  sent.forEach(({ body }, i) => {
    const { output, models = [], modelsMissing = [] } = (JSON.parse(body) as PredictBody).data.predict;
    if (output === undefined) return;
    answered += 1;
    present += models.length;
    missing += modelsMissing.length;
    if (output.label === items.truthOf(first + i)) right += 1;
  });
  return {
    p99Ms: round(
      percentile(
        sent.map(({ latencyMs }) => latencyMs),
        0.99,
      ) ?? NaN,
    ),
    missingShare: round(missing / (missing + present)),
    accuracy: round(right / answered),
    unanswered: round(1 - answered / sent.length),
  };
}

function outcomeOf(pairs: ReadonlyMap<number, readonly StragglerPair[]>): Outcome {
  const spreads = (figure: (pair: StragglerPair) => number) =>
    [...pairs].map(([size, all]) => [String(size), spreadOf(all.map(figure))] as const);
  const figures = {
    p99Ms: spreads(({ mitigated }) => mitigated.p99Ms),
    blockingP99Ms: spreads(({ blocking }) => blocking.p99Ms),
    p99Gain: spreads(({ mitigated, blocking }) => blocking.p99Ms / mitigated.p99Ms),
    missingShare: spreads(({ mitigated }) => mitigated.missingShare),
    accuracy: spreads(({ mitigated }) => mitigated.accuracy),
    blockingAccuracy: spreads(({ blocking }) => blocking.accuracy),
    unanswered: spreads(({ mitigated }) => mitigated.unanswered),
    accuracyLoss: spreads(({ mitigated, blocking }) => blocking.accuracy - mitigated.accuracy),
  };
  const medians = Object.entries(figures).map(([name, bySize]) => {
    return [name, Object.fromEntries(bySize.map(([size, { median }]) => [size, median]))] as const;
  });
  return {
    result: { sloMs: SLO_MS, ...Object.fromEntries(medians), spreads: figures },
    table: [
      ["members", ...Object.keys(figures)],
      ...SIZES.map((size, i) => [
        String(size),
        ...Object.values(figures).map((all) => showSpread(all[i]?.[1] ?? spreadOf([]))),
      ]),
    ],
  };
}
