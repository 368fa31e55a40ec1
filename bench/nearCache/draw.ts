import { drawFigure } from "../plot.js";
import type { Panel, Point, Series } from "../plot.js";
import { BUDGETS } from "./figures.js";
import type { CurvePoint, DataSetFigures } from "./figures.js";
import type { Outcome } from "./tally.js";

/** From a twentieth of a per cent to all: budgets and unchecked buckets lie two orders of magnitude apart. */
const ERROR_PERCENT = { from: 0.05, to: 100, scale: "log" } as const;

/** Error against hit ratio, a panel for each data set. */
export function drawCurves(all: readonly DataSetFigures[]): string {
  return drawFigure({
    title: "Approximate cache: error against hit ratio",
    subtitle:
      "Error: share of answers from the cache that are not the model's, every one compared; bars are 95 % intervals. Dotted: the budgets. Below 0.05 % nothing is drawn.",
    panels: all.map(panelOf),
  });
}

function panelOf({ title, budgets, fixed, unchecked }: DataSetFigures): Panel {
  const points = BUDGETS.map((budget) => {
    const { hitRatio, errorMeasured, errorLow, errorHigh } = budgets[String(budget)] as (typeof budgets)[string];
    return pointOf({ hitRatio, error: { share: errorMeasured, low: errorLow, high: errorHigh } });
  });
  const oracles = BUDGETS.map((budget) => pointOf((budgets[String(budget)] as (typeof budgets)[string]).oracle));
  const series: Series[] = [
    { label: "calibrated radius, budgets of 0.5, 1 and 3 %", points },
    { label: "exact nearest neighbour within the same radius", points: oracles.map(withoutBar), style: "dots" },
    { label: "fixed radius", points: fixed.map(pointOf).map(withoutBar), style: "dashed" },
    {
      label: "best radius in hindsight for each budget",
      points: bestInHindsight(fixed).map(pointOf).map(withoutBar),
      style: "dots",
    },
    {
      label: "bucket match without a check",
      points: unchecked.map(pointOf).map(withoutBar).reverse(),
      style: "dashed",
    },
  ];
  return {
    title,
    x: { label: "hit ratio, %", from: 0, to: 100 },
    y: { label: "error, %", ...ERROR_PERCENT },
    series,
    references: BUDGETS.map((budget) => ({ axis: "y", at: 100 * budget, label: `${100 * budget} %` })),
  };
}

/** Of the fixed radii, for each budget, the one with most hits among those whose error was within it. */
export function bestInHindsight(fixed: readonly CurvePoint[]): CurvePoint[] {
  return BUDGETS.flatMap((budget) => {
    const within = fixed.filter(({ error }) => error.share <= budget);
    return within.length === 0 ? [] : [within.reduce((a, b) => (b.hitRatio > a.hitRatio ? b : a))];
  });
}

function pointOf({ hitRatio, error }: Outcome): Point {
  return { x: 100 * hitRatio, y: 100 * error.share, low: 100 * error.low, high: 100 * error.high };
}

function withoutBar({ x, y }: Point): Point {
  return { x, y };
}

/** All that is drawn, as numbers: shares, not per cent. */
export function curvesAsCsv(all: Readonly<Record<string, DataSetFigures>>): string {
  const lines = ["data set,curve,setting,hit ratio,error,error low,error high"];
  for (const [name, { budgets, fixed, unchecked }] of Object.entries(all)) {
    const line = (curve: string, setting: string | number, { hitRatio, error }: Outcome): void => {
      lines.push([name, curve, setting, hitRatio, error.share, error.low, error.high].join(","));
    };
    for (const [budget, of] of Object.entries(budgets)) {
      const error = { share: of.errorMeasured, low: of.errorLow, high: of.errorHigh };
      line("calibrated", budget, { hitRatio: of.hitRatio, error });
      line("oracle", budget, of.oracle);
    }
    for (const point of fixed) line("fixed radius", point.setting, point);
    for (const point of bestInHindsight(fixed)) line("best in hindsight", point.setting, point);
    for (const point of unchecked) line("no check", point.setting, point);
  }
  return `${lines.join("\n")}\n`;
}
