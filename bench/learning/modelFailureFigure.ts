import type { CsvRows } from "../figureFiles.js";
import { drawFigure } from "../plot.js";
import type { Panel, Series } from "../plot.js";
import type { ErrorCurve } from "./modelFailureErrors.js";
import { FAILS_AT, REPAIRED_AT } from "./modelFailureRun.js";

type Curves = Readonly<Record<string, ErrorCurve>>;

const NAMES: Readonly<Record<string, string>> = {
  bestSingle: "best single model in hindsight",
  failing: "the model that fails",
};
const MOST_ERROR = 0.3;

export function drawModelFailure(curves: Curves): string {
  return drawFigure({
    title: "The best of five models fails, and is repaired",
    subtitle: "Share of MNIST images that are labelled wrongly; feedback comes for each. Mean over five orders.",
    panels: [
      panelOf(curves, "cumulative", "Of all queries so far"),
      panelOf(curves, "window", "Of the last 500 queries"),
    ],
  });
}

function panelOf(curves: Curves, of: "cumulative" | "window", title: string): Panel {
  const series = Object.entries(curves).map(([name, { points }]): Series => ({
    label: NAMES[name] ?? name,
    points: points.filter(({ query }) => query % 500 === 0).map((point) => ({ x: point.query / 1000, y: point[of] })),
    style: name in NAMES ? "dashed" : "line",
  }));
  return {
    title,
    x: { label: "queries, thousands", from: 0, to: 20 },
    y: { label: "error", from: 0, to: MOST_ERROR },
    series,
    references: [
      { axis: "x", at: FAILS_AT / 1000, label: "fails" },
      { axis: "x", at: REPAIRED_AT / 1000, label: "repaired" },
    ],
  };
}

export function failureCsv(curves: Curves): CsvRows {
  const rows = Object.entries(curves).flatMap(([name, { points }]) =>
    points.map(({ query, cumulative, window }) => [name, query, cumulative, window] as const),
  );
  return [["policy", "query", "cumulative error", "error of the last 500"], ...rows];
}
