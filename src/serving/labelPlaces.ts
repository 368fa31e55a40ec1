import type { ModelClass } from "../domain/tensor.js";

/** A model's classes in terms of an application's labels. */
export interface LabelPlaces {
  /** At which label each of the model's scores stands; undefined where they come in the labels' order already. */
  readonly ofScores: readonly number[] | undefined;
  /** Which label an integer stands for. */
  readonly ofIntegers: ReadonlyMap<number, number>;
  /** Likewise a text. */
  readonly ofTexts: ReadonlyMap<string, number>;
}

/**
 * By name where the model names its classes, else by position, or in words why its classes are not the labels. Classes
 * named 0 to K-1 are positions too where the labels have other names: a model that was trained on encoded labels.
 */
export function labelPlaces(
  labels: readonly string[],
  stated: readonly ModelClass[] | undefined,
): LabelPlaces | string {
  const indexOf = new Map(labels.map((label, i) => [label, i]));
  if (stated === undefined) return { ofScores: undefined, ofIntegers: counted(labels), ofTexts: indexOf };
  const byName = stated.map(({ label }) => indexOf.get(label));
  const fits = stated.length === labels.length && byName.every((index) => index !== undefined);
  if (!fits && !arePositions(stated, labels)) return difference(labels, stated);
  const places = fits ? byName : [...labels.keys()];
  const inOrder = places.every((index, i) => index === i);
  const areIntegers = stated.every(({ value }) => /^-?\d+$/.test(value));
  return {
    ofScores: inOrder ? undefined : places,
    ofIntegers: new Map(stated.map(({ value }, i) => [areIntegers ? Number(value) : i, places[i] as number])),
    // A class's own text goes before another's new name.
    ofTexts: new Map([
      ...stated.map(({ label }, i) => [label, places[i] as number] as const),
      ...stated.map(({ value }, i) => [value, places[i] as number] as const),
    ]),
  };
}

function counted(labels: readonly string[]): ReadonlyMap<number, number> {
  return new Map(labels.map((_, i) => [i, i]));
}

function arePositions(stated: readonly ModelClass[], labels: readonly string[]): boolean {
  const counts = stated.length === labels.length && stated.every(({ label }, i) => label === String(i));
  return counts && stated.every(({ label }) => !labels.includes(label));
}

const SHOWN_LABELS = 10;

function difference(labels: readonly string[], stated: readonly ModelClass[]): string {
  const names = stated.map(({ label }) => label);
  const unknown = names.filter((name) => !labels.includes(name));
  const absent = labels.filter((label) => !names.includes(label));
  const parts = [
    ...(unknown.length > 0 ? [`the application has no ${listed(unknown)}`] : []),
    ...(absent.length > 0 ? [`the model has no ${listed(absent)}`] : []),
  ];
  return (
    `its classes are not the application's labels: ${parts.join(", ")}; register the version with labels (or start the ` +
    `wrapper with --labels) that name its ${names.length} classes in their order: ${listed(names)}`
  );
}

function listed(names: readonly string[]): string {
  const shown = names
    .slice(0, SHOWN_LABELS)
    .map((name) => JSON.stringify(name))
    .join(", ");
  return names.length > SHOWN_LABELS ? `${shown} and ${names.length - SHOWN_LABELS} more` : shown;
}
