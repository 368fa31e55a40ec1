import type { Sweep } from "./batchSweepScenario.js";
import type { CsvRows } from "./figureFiles.js";
import { drawFigure } from "./plot.js";
import type { Point } from "./plot.js";
import type { Axis } from "./plotScale.js";
import type { Spread } from "./statistics.js";

const ROWS: Axis = { label: "rows a batch", scale: "log", from: 1, to: 256, format: String };

export function sweepRows({ fixed, aimd }: Sweep): CsvRows {
  const cells = (perSecond: Spread, p99Ms: Spread) =>
    [perSecond, p99Ms].flatMap(({ median, min, max }) => [median, min, max]);
  return [
    ["controller", "rows", "perSecond", "perSecondMin", "perSecondMax", "p99Ms", "p99MsMin", "p99MsMax"],
    ...fixed.map(({ rows, perSecond, p99Ms }) => ["FIXED", rows, ...cells(perSecond, p99Ms)]),
    ["AIMD", aimd.size.median, ...cells(aimd.goodPerSecond, aimd.p99Ms)],
  ];
}

/** Throughput and latency over the size, each with the point at which AIMD works; the smallest and largest run as bars. */
export function drawSweep({ sloMs, fixed, aimd }: Sweep): string {
  const pointOf = (x: number, { median, min, max }: Spread): Point => ({ x, y: median, low: min, high: max });
  const settled = { axis: "x", at: aimd.size.median, label: `AIMD: ${aimd.size.median} rows` } as const;
  const series = (of: (one: Sweep["fixed"][number]) => Spread, ofAimd: Spread) => [
    { label: "fixed size, saturated", points: fixed.map((one) => pointOf(one.rows, of(one))) },
    { label: "AIMD, overloaded", points: [pointOf(aimd.size.median, ofAimd)], style: "dots" as const },
  ];
  return drawFigure({
    title: "Batch size, throughput and latency",
    subtitle: "a network of 784-2048-2048-10 units on MNIST, one thread of ONNX Runtime, through the whole server",
    panels: [
      {
        title: "throughput",
        x: ROWS,
        y: { label: "rows a second", from: 0 },
        series: series(({ perSecond }) => perSecond, aimd.goodPerSecond),
        references: [settled],
      },
      {
        title: "latency",
        x: ROWS,
        y: { label: "p99, ms", scale: "log" },
        series: series(({ p99Ms }) => p99Ms, aimd.p99Ms),
        references: [settled, { axis: "y", at: sloMs, label: `deadline, ${sloMs} ms` }],
      },
    ],
  });
}
