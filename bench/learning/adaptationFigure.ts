import type { AdaptationCurves } from "../adaptationScenario.js";
import type { CsvRows } from "../figureFiles.js";
import { drawFigure } from "../plot.js";
import type { Panel, Series } from "../plot.js";
import { EXAMPLES } from "./adaptationRun.js";

const LABELS: Readonly<Record<keyof AdaptationCurves, string>> = {
  good: "online, good shared features",
  poor: "online, poor shared features",
  retrained: "everything retrained",
  weightsOnly: "weights retrained, good shared features",
  hindsight: "everything retrained, knowing when tastes changed",
};
const DASHED: readonly string[] = ["hindsight", "weightsOnly"];

export function drawAdaptation(sets: readonly (readonly [title: string, curves: AdaptationCurves])[]): string {
  return drawFigure({
    title: "Error after an abrupt change of every user's taste",
    subtitle:
      "Share of test items whose like or dislike is mistaken; 100 users, three draws. Poor features know the old classes only.",
    panels: sets.map(panelOf),
  });
}

function panelOf([title, curves]: readonly [string, AdaptationCurves]): Panel {
  const series = Object.entries(LABELS).map(([name, label]): Series => {
    const errors = curves[name as keyof AdaptationCurves];
    const points = EXAMPLES.map((x, i) => ({ x, y: errors[i] as number }));
    return { label, points, style: DASHED.includes(name) ? "dashed" : "line" };
  });
  return {
    title,
    x: { label: "examples of a user since the change", from: 0, to: 30 },
    y: { label: "error", from: 0, to: 0.6 },
    series,
  };
}

export function adaptationCsv(sets: Readonly<Record<string, AdaptationCurves>>): CsvRows {
  const rows = Object.entries(sets).flatMap(([name, curves]) =>
    Object.entries(curves).flatMap(([curve, errors]) =>
      EXAMPLES.map((examples, i) => [name, curve, examples, errors[i] as number] as const),
    ),
  );
  return [["data", "curve", "examples", "error"], ...rows];
}
