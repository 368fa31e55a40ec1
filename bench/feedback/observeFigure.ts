import type { CsvRows } from "../figureFiles.js";
import { drawFigure } from "../plot.js";
import type { Panel, Series } from "../plot.js";
import type { Spread } from "../statistics.js";

/** By the number of clients. */
export type Rates = Readonly<Record<string, { readonly perSecond: Spread; readonly p99Ms: Spread }>>;

/** By database and by what was done. */
export type RatesOf = Readonly<Record<string, Readonly<Record<(typeof KINDS)[number]["name"], Rates>>>>;

const KINDS = [
  { name: "ensemble", label: "observations, ensemble over 10,000 entities", style: "line" },
  { name: "linear", label: "observations, linear of 64 features over 1,000 entities", style: "line" },
  { name: "commits", label: "commits of single rows", style: "dashed" },
] as const;

/** Observations share commits, single rows do not: the more clients, the more that is worth. */
export function drawObserve(rates: RatesOf): string {
  return drawFigure({
    title: "Durable observations",
    subtitle: "Acknowledged after COMMIT, through GraphQL, one an operation; bars: smallest and largest run.",
    panels: Object.entries(rates).map(([database, of]): Panel => ({
      title: `${database} PostgreSQL`,
      x: { label: "clients", scale: "log", from: 1, to: 64, format: String },
      y: { label: "a second", scale: "log" },
      series: KINDS.map(({ name, label, style }): Series => ({ label, style, points: pointsOf(of[name]) })),
      references: [{ axis: "y", at: 5000, label: "5,000" }],
    })),
  });
}

function pointsOf(rates: Rates): Series["points"] {
  return Object.entries(rates).map(([clients, { perSecond }]) => {
    return { x: Number(clients), y: perSecond.median, low: perSecond.min, high: perSecond.max };
  });
}

export function observeRows(rates: RatesOf): CsvRows {
  const rows = Object.entries(rates).flatMap(([database, of]) =>
    KINDS.flatMap(({ name }) =>
      Object.entries(of[name]).map(([clients, { perSecond, p99Ms }]) => {
        const cells = [perSecond, p99Ms].flatMap(({ median, min, max }) => [median, min, max]);
        return [database, name, clients, ...cells] as const;
      }),
    ),
  );
  const header = ["perSecond", "perSecondMin", "perSecondMax", "p99Ms", "p99MsMin", "p99MsMax"];
  return [["database", "what", "clients", ...header], ...rows];
}
