export type Scale = "linear" | "log";

export interface Axis {
  readonly label: string;
  /** Smallest and largest value shown; absent: as the data need. */
  readonly from?: number;
  readonly to?: number;
  /** Linear unless given. A logarithmic axis shows positive values only. */
  readonly scale?: Scale;
  /** Text of a tick; absent: the number. */
  readonly format?: (value: number) => string;
}

/** An axis as drawn: where a value lies between its ends, 0 to 1, and the values that are written beside it. */
export interface Scaled {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
}

const WANTED_TICKS = 5;
/** Up to so many decades have ticks at 2 and 5 as well. */
const FEW_DECADES = 2.5;

export function scaled(axis: Axis, values: readonly number[]): Scaled {
  const isLog = axis.scale === "log";
  const shown = values.filter((value) => Number.isFinite(value) && (!isLog || value > 0));
  const from = axis.from ?? shown.reduce((a, b) => Math.min(a, b), isLog ? Infinity : 0);
  const to = axis.to ?? shown.reduce((a, b) => Math.max(a, b), isLog ? 0 : -Infinity);
  if (!(from < to)) throw new RangeError(`axis "${axis.label}" has no extent: it goes from ${from} to ${to}`);
  return { ...(isLog ? logarithmic(axis, from, to) : linear(axis, from, to)), format: axis.format ?? plain };
}

function linear(axis: Axis, least: number, most: number): Omit<Scaled, "format"> {
  const step = niceStep((most - least) / WANTED_TICKS);
  const from = axis.from ?? Math.floor(least / step) * step;
  const to = axis.to ?? Math.ceil(most / step - 1e-9) * step;
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first + 1;
  const ticks = Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return { at: (value) => (value - from) / (to - from), ticks };
}

function logarithmic(axis: Axis, least: number, most: number): Omit<Scaled, "format"> {
  const steps = Math.log10(most / least) <= FEW_DECADES ? [1, 2, 5] : [1];
  const all: number[] = [];
  for (let decade = Math.floor(Math.log10(least)); decade <= Math.ceil(Math.log10(most)); decade++)
    for (const step of steps) all.push(Number((step * 10 ** decade).toPrecision(12)));
  const from = axis.from ?? all.filter((tick) => tick <= least).at(-1) ?? least;
  const to = axis.to ?? all.find((tick) => tick >= most) ?? most;
  const ticks = all.filter((tick) => tick >= from * (1 - 1e-9) && tick <= to * (1 + 1e-9));
  return { at: (value) => Math.log(value / from) / Math.log(to / from), ticks };
}

/** The nearest of 1, 2 and 5 times a power of ten from above. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const nice = [1, 2, 5, 10].find((factor) => factor * power >= step * (1 - 1e-9)) ?? 10;
  return nice * power;
}

function plain(value: number): string {
  return Math.abs(value) >= 10_000 ? value.toLocaleString("en-US") : String(Number(value.toPrecision(6)));
}
