import type { ObservationRow } from "./observationRows.js";

/**
 * Cuts a group where a row corrects one that came before it in the same group, or one that was corrected in it already:
 * each layer is a transaction of its own, so that the row to be corrected is in the log. Without corrections: one layer.
 * What the server counts of a prediction may be corrected by the next reward of it, and is alone with it in its layer.
 */
export function inCorrectionLayers(rows: readonly ObservationRow[]): readonly (readonly ObservationRow[])[] {
  if (rows.every((row) => row.observation.supersedes === undefined && !isAlone(row))) return [rows];
  const layers: ObservationRow[][] = [[]];
  let touched = new Set<string>();
  for (const row of rows) {
    const { apart, marks } = placesOf(row);
    if (apart.some((place) => touched.has(place))) {
      layers.push([]);
      touched = new Set();
    }
    for (const place of marks) touched.add(place);
    layers.at(-1)?.push(row);
  }
  return layers;
}

interface Places {
  /** Touched by nobody before it in its layer. */
  readonly apart: readonly string[];
  readonly marks: readonly string[];
}

function placesOf(row: ObservationRow): Places {
  const { receiptId, key, supersedes, counting } = row.observation;
  const keys = supersedes === undefined ? [key] : [key, supersedes];
  const places = keys.map((each) => JSON.stringify([receiptId, each]));
  if (counting === undefined) return { apart: places, marks: places };
  const [told, alone] = [JSON.stringify({ told: receiptId }), JSON.stringify({ alone: receiptId })];
  return isAlone(row)
    ? { apart: [...places, told, alone], marks: [...places, told, alone] }
    : { apart: [...places, alone], marks: [...places, told] };
}

function isAlone({ observation: { counting, supersedes } }: ObservationRow): boolean {
  return counting !== undefined && (counting.kind !== "REWARD" || supersedes !== undefined);
}
