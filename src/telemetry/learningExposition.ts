import type { Registry } from "prom-client";
import { STALLED_AFTER_MS } from "../domain/learningPorts.js";
import { addCounter, addGauge, addHistogram, ROWS } from "./exposition.js";
import type { Labels, Samples } from "./exposition.js";
import type { LearningFigures } from "./figures.js";

/** What applications learn. Counters and histograms are of this process; gauges are alike on every server. */
export function addLearningMetrics(registry: Registry, learning: () => readonly LearningFigures[]): void {
  const each = (read: (labels: Labels, figures: LearningFigures) => Samples) => () =>
    learning().flatMap((figures) => read({ application: figures.application }, figures));
  const gauge = (name: string, help: string, read: (figures: LearningFigures) => number | undefined): void =>
    addGauge(
      registry,
      name,
      help,
      each((labels, figures) => {
        const value = read(figures);
        return value === undefined ? [] : [[labels, value]];
      }),
      ["application"],
    );
  addCounter(
    registry,
    "skysail_folded_observations_total",
    "Observations that were learned from",
    ["application"],
    each((labels, { folded }) => [[labels, folded]]),
  );
  addCounter(
    registry,
    "skysail_drifts_total",
    "Changes of a mean loss that were told in the log, by whose it was",
    ["application", "of"],
    each((labels, { drifts }) => Object.entries(drifts).map(([of, count]) => [{ ...labels, of }, count])),
  );
  gauge("skysail_recent_loss", "Mean loss of the answers since it last changed", ({ recentLoss }) => recentLoss);
  gauge(
    "skysail_adaptation_stalled",
    "1 while answers stay worse than before a change although what is observed is learned: time to train again",
    ({ adaptation }) => (adaptation === "STALLED" ? 1 : 0),
  );
  gauge(
    "skysail_realised_coverage",
    "Share of truths that their prediction set would have held",
    ({ realisedCoverage }) => realisedCoverage,
  );
  gauge("skysail_stated_coverage", "What prediction sets are made for", ({ statedCoverage }) => statedCoverage);
  gauge(
    "skysail_state_age_seconds",
    "Since what is known of the log was last found to be all of it",
    ({ stateAgeMs }) => stateAgeMs / 1000,
  );
  gauge(
    "skysail_learning_stalled",
    "1 while the database says nothing of the log: what is observed is refused, and answers do not learn",
    ({ stateAgeMs }) => (stateAgeMs < STALLED_AFTER_MS ? 0 : 1),
  );
  gauge(
    "skysail_rebuilds_pending",
    "States that wait to be learned anew from the log",
    ({ rebuildsPending }) => rebuildsPending,
  );
  const group = "Observations that were committed together";
  const rows = () => learning().map(({ application, groupRows }) => [{ application }, groupRows] as const);
  addHistogram(registry, "skysail_group_rows", group, rows, ROWS);
  addHistogram(registry, "skysail_fold_seconds", "Folding of a group, turns that it leaves to others included", () =>
    learning().map(({ application, foldMs }) => [{ application }, foldMs] as const),
  );
}
