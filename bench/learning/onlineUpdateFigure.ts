import type { CsvRows } from "../figureFiles.js";
import { drawFigure } from "../plot.js";
import type { Series } from "../plot.js";
import { round } from "../statistics.js";
import type { Spread } from "../statistics.js";

/** Microseconds. */
export interface UpdateRow {
  readonly features: number;
  readonly fold: Spread;
  readonly answer: Spread;
}

/** `retrainMs`: of the feature model and all weights, in milliseconds. */
export function drawOnlineUpdate(rows: readonly UpdateRow[], retrainMs: number): string {
  const series = (label: string, of: "fold" | "answer"): Series => ({
    label,
    points: rows.map((row) => ({ x: row.features, y: row[of].median, low: row[of].min, high: row[of].max })),
  });
  return drawFigure({
    title: "To learn one observation",
    subtitle: "LINEAR, one target; median and range over the runs.",
    panels: [
      {
        x: { label: "features", scale: "log" },
        y: { label: "microseconds", scale: "log" },
        series: [series("to learn it", "fold"), series("to answer with it", "answer")],
        references: [{ axis: "y", at: 1000 * retrainMs, label: "everything trained anew" }],
      },
    ],
  });
}

export function onlineUpdateCsv(rows: readonly UpdateRow[], retrainMs: number): CsvRows {
  const columns = (["median", "min", "max"] as const).flatMap((of) => [`to learn, ${of} us`, `to answer, ${of} us`]);
  return [
    ["features", ...columns],
    ...rows.map(({ features, fold, answer }) => [
      features,
      ...(["median", "min", "max"] as const).flatMap((of) => [fold[of], answer[of]]),
    ]),
    ["everything trained anew", round(1000 * retrainMs), "", "", "", "", ""],
  ];
}
