import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bench } from "./bench.js";

/** First row: column names. */
export type CsvRows = readonly (readonly (string | number)[])[];

/** A figure and the numbers it is drawn from, beside each other; nothing where no folder for figures was given. */
export async function writeFigure(
  { settings, progress }: Bench,
  name: string,
  { svg, csv }: { readonly svg: () => string; readonly csv: CsvRows },
): Promise<void> {
  const { figuresFolder } = settings;
  if (figuresFolder === undefined) return;
  await mkdir(figuresFolder, { recursive: true });
  await writeFile(join(figuresFolder, `${name}.csv`), csv.map((row) => `${row.join()}\n`).join(""));
  await writeFile(join(figuresFolder, `${name}.svg`), svg());
  progress(`  wrote ${join(figuresFolder, name)}.csv and .svg`);
}
