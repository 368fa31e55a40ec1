import type { Registry } from "prom-client";
import { addCounter, addGauge, addHistogram } from "./exposition.js";
import type { Labels, Samples } from "./exposition.js";
import type { ModelFigures, ReplicaFigures } from "./figures.js";

export function addReplicaMetrics(registry: Registry, models: () => readonly ModelFigures[]): void {
  const each =
    <T>(read: (labels: Labels, figures: ReplicaFigures) => readonly T[]) =>
    (): readonly T[] =>
      models().flatMap(({ model, version, replicas }) =>
        replicas.flatMap((figures) => read({ model, version, replica: figures.endpoint }, figures)),
      );
  const names = ["model", "version", "replica"];
  const count = (name: string, help: string, read: (figures: ReplicaFigures) => number): void =>
    addCounter(
      registry,
      name,
      help,
      names,
      each<Samples[number]>((labels, figures) => [[labels, read(figures)]]),
    );
  count("skysail_replica_batches_total", "Batches sent to a replica", ({ batches }) => batches);
  count("skysail_replica_rows_total", "Rows sent to a replica", ({ rows }) => rows);
  count(
    "skysail_replica_links_total",
    "Times that a replica became ready: once, and again after each link that broke",
    ({ links }) => links,
  );
  addCounter(
    registry,
    "skysail_replica_faults_total",
    "Batches overdue or lost, times ejected, rows that went on to another replica (retried)",
    [...names, "kind"],
    each<Samples[number]>((labels, { overdue, lost, ejected, retried }) =>
      Object.entries({ overdue, lost, ejected, retried }).map(([kind, times]) => [{ ...labels, kind }, times] as const),
    ),
  );
  addGauge(
    registry,
    "skysail_replica_state",
    "1 for the state that a replica is in",
    each<Samples[number]>((labels, { state }) => [[{ ...labels, state }, 1]]),
    [...names, "state"],
  );
  addHistogram(
    registry,
    "skysail_replica_service_seconds",
    "A batch's own service time on a replica",
    each((labels, { serviceMs }) => [[labels, serviceMs] as const]),
  );
}
