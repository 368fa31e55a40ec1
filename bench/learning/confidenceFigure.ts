import type { Judged } from "../ensembleScenario.js";
import type { CsvRows } from "../figureFiles.js";
import { drawFigure } from "../plot.js";
import type { Point } from "../plot.js";
import { round } from "../statistics.js";

type Sets = Readonly<Record<string, readonly Judged[]>>;

/** Shares of the answers, the most confident first. */
const SHARES = Array.from({ length: 20 }, (_, i) => (i + 1) / 20);

export function drawConfidence(sets: Sets): string {
  return drawFigure({
    title: "An ensemble's confidence, calibrated from feedback",
    panels: [
      {
        title: "Error of the most confident answers",
        x: { label: "share of the answers that are given", from: 0, to: 1 },
        y: { label: "error", from: 0 },
        series: Object.entries(sets).map(([label, judged]) => ({ label, points: coverageOf(judged) })),
      },
      {
        title: "Right at this confidence",
        x: { label: "confidence", from: 0, to: 1 },
        y: { label: "share that was right", from: 0, to: 1 },
        series: [
          ...Object.entries(sets).map(([label, judged]) => ({ label, points: reliabilityOf(judged) })),
          { label: "as stated", points: [0, 1].map((x) => ({ x, y: x })), style: "dashed" as const },
        ],
      },
    ],
  });
}

export function confidenceCsv(sets: Sets): CsvRows {
  const rows = Object.entries(sets).flatMap(([name, judged]) => [
    ...coverageOf(judged).map(({ x, y }) => [name, "error of the most confident", x, y] as const),
    ...reliabilityOf(judged).map(({ x, y }) => [name, "right at this confidence", x, y] as const),
  ]);
  // A comma in a name would be two columns.
  return [["data", "curve", "x", "y"], ...rows.map(([name, ...row]) => [name.replaceAll(",", ";"), ...row])];
}

function coverageOf(judged: readonly Judged[]): Point[] {
  const sorted = [...judged].sort((a, b) => b.confidence - a.confidence);
  return SHARES.map((share) => {
    const given = sorted.slice(0, Math.round(share * sorted.length));
    return { x: share, y: round(given.filter(({ isWrong }) => isWrong).length / given.length) };
  });
}

function reliabilityOf(judged: readonly Judged[]): Point[] {
  return Array.from({ length: 10 }, (_, bin) =>
    judged.filter((one) => Math.min(9, Math.floor(one.confidence * 10)) === bin),
  )
    .filter((within) => within.length >= 20)
    .map((within) => ({
      x: round(within.reduce((sum, { confidence }) => sum + confidence, 0) / within.length),
      y: round(1 - within.filter(({ isWrong }) => isWrong).length / within.length),
    }));
}
