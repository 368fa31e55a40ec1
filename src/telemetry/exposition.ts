import { Counter, Gauge } from "prom-client";
import type { MetricObjectWithValues, MetricValue, Registry } from "prom-client";
import type { Histogram } from "../lib/histogram.js";

export type Labels = Record<string, string | number>;
export type Samples = readonly (readonly [Labels, number])[];

export function addCounter(
  registry: Registry,
  name: string,
  help: string,
  labelNames: string[],
  read: () => Samples,
): void {
  const counter: Counter = new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect: () => {
      counter.reset();
      for (const [labels, value] of read()) counter.inc(labels, value);
    },
  });
}

export function addGauge(
  registry: Registry,
  name: string,
  help: string,
  read: () => Samples,
  labelNames: string[] = [],
): void {
  const gauge: Gauge = new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    collect: () => {
      gauge.reset();
      for (const [labels, value] of read()) gauge.set(labels, value);
    },
  });
}

/** What a histogram's samples are, and where its buckets end. */
export interface Unit {
  readonly bounds: readonly number[];
  /** Samples as the histogram has them, in one of the unit. */
  readonly scale: number;
  /** Bounds are met by so much more: samples that are whole numbers lie in buckets that reach beyond them. */
  readonly slack: number;
}

export const SECONDS: Unit = {
  bounds: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
  scale: 1000,
  slack: 1,
};
export const ROWS: Unit = { bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024], scale: 1, slack: 1.0201 };

/** prom-client's own histogram can only be fed sample by sample: this one is read from ours. */
export function addHistogram(
  registry: Registry,
  name: string,
  help: string,
  read: () => readonly (readonly [Labels, Histogram])[],
  unit: Unit = SECONDS,
): void {
  const get = (): Promise<MetricObjectWithValues<MetricValue<string>>> => {
    const values = read().flatMap(([labels, histogram]) => histogramValues(name, labels, histogram, unit));
    return Promise.resolve({ name, help, type: "histogram", aggregator: "sum", values } as never);
  };
  registry.registerMetric({ name, help, get } as never);
}

function histogramValues(name: string, labels: Labels, histogram: Histogram, unit: Unit): object[] {
  const buckets = unit.bounds.map((le) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le },
    value: histogram.countUpTo(le * unit.scale * unit.slack),
  }));
  return [
    ...buckets,
    { metricName: `${name}_bucket`, labels: { ...labels, le: "+Inf" }, value: histogram.count },
    { metricName: `${name}_sum`, labels, value: histogram.sumMs / unit.scale },
    { metricName: `${name}_count`, labels, value: histogram.count },
  ];
}
