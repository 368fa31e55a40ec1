import type { ObservationRow } from "./observationRows.js";

/**
 * Cuts a group where a row corrects one that came before it in the same group, or one that was corrected in it already:
 * each layer is a transaction of its own, so that the row to be corrected is in the log. Without corrections: one layer.
 */
export function inCorrectionLayers(rows: readonly ObservationRow[]): readonly (readonly ObservationRow[])[] {
  if (rows.every(({ observation }) => observation.supersedes === undefined)) return [rows];
  const layers: ObservationRow[][] = [[]];
  let touched = new Set<string>();
  for (const row of rows) {
    const { receiptId, key, supersedes } = row.observation;
    const keys = supersedes === undefined ? [key] : [key, supersedes];
    const places = keys.map((each) => JSON.stringify([receiptId, each]));
    if (places.some((place) => touched.has(place))) {
      layers.push([]);
      touched = new Set();
    }
    for (const place of places) touched.add(place);
    layers.at(-1)?.push(row);
  }
  return layers;
}
