import type { CsvRows } from "../figureFiles.js";
import { drawFigure } from "../plot.js";
import type { Series } from "../plot.js";
import { spreadOf } from "../statistics.js";

export interface StragglerFigures {
  readonly p99Ms: number;
  /** Of the members of all answers. */
  readonly missingShare: number;
  readonly accuracy: number;
  /** Share of the queries that had no answer of any member. */
  readonly unanswered: number;
}

export type StragglerPair = Readonly<Record<"mitigated" | "blocking", StragglerFigures>>;

/** Runs by number of members. */
type Runs = ReadonlyMap<number, readonly StragglerPair[]>;
type Side = keyof StragglerPair;

const SIDES: Readonly<Record<Side, string>> = {
  mitigated: "answered by the deadline",
  blocking: "waiting for all members",
};

export function drawStragglers(runs: Runs, sloMs: number): string {
  const x = { label: "members", from: 0, to: 20 };
  const series = (figure: (figures: StragglerFigures) => number): Series[] =>
    (Object.keys(SIDES) as Side[]).map((side) => ({ label: SIDES[side], points: pointsOf(runs, side, figure) }));
  return drawFigure({
    title: "Ensembles whose members stall now and then",
    subtitle: "MNIST; a batch takes 5 ms, one in a hundred 25 times as long. Median and range over the runs.",
    panels: [
      {
        title: "What the client waits for",
        x,
        y: { label: "p99, ms", from: 0 },
        series: series(({ p99Ms }) => p99Ms),
        references: [{ axis: "y", at: sloMs, label: "objective" }],
      },
      {
        title: "Right answers",
        x,
        y: { label: "share", from: 0.8, to: 1 },
        series: series(({ accuracy }) => accuracy),
      },
      {
        title: "Members missing in an answer",
        x,
        y: { label: "share", from: 0 },
        series: series(({ missingShare }) => missingShare),
      },
    ],
  });
}

function pointsOf(runs: Runs, side: Side, figure: (figures: StragglerFigures) => number): Series["points"] {
  return [...runs].map(([members, pairs]) => {
    const { median, min, max } = spreadOf(pairs.map((pair) => figure(pair[side])));
    return { x: members, y: median, low: min, high: max };
  });
}

export function stragglersCsv(runs: Runs): CsvRows {
  const rows = [...runs].flatMap(([members, pairs]) =>
    pairs.flatMap((pair, run) =>
      (Object.keys(SIDES) as Side[]).map((side) => {
        const { p99Ms, missingShare, accuracy, unanswered } = pair[side];
        return [members, run + 1, SIDES[side], p99Ms, missingShare, accuracy, unanswered] as const;
      }),
    ),
  );
  return [["members", "run", "answers", "p99 ms", "members missing", "right", "unanswered"], ...rows];
}
