import type { Clock } from "../domain/ports.js";
import type { Told } from "../lib/latestValues.js";
import { SharedSamples } from "../lib/sharedSamples.js";
import type { Sampler } from "../lib/sharedSamples.js";
import { ApplicationSampler } from "./applicationSamples.js";
import type { ApplicationSample } from "./applicationSamples.js";
import type { LearningFigures, ModelFigures } from "./figures.js";
import { ModelSampler } from "./modelSamples.js";
import type { ModelSample } from "./modelSamples.js";
import type { ServingMetrics } from "./servingMetrics.js";

export interface MetricsSample {
  readonly at: Date;
  readonly intervalMs: number;
  /** Undefined where a model is watched. */
  readonly application: ApplicationSample | undefined;
  readonly models: readonly ModelSample[];
}

/** What is watched. Of a replica its endpoint tells which; undefined: all. */
export type MetricsTarget =
  | { readonly kind: "APPLICATION"; readonly application: string }
  | { readonly kind: "MODEL"; readonly model: string; readonly replica: string | undefined };

export interface MetricsSources {
  readonly clock: Clock;
  readonly metrics: ServingMetrics;
  /** Of the versions that answer for an application; undefined for one that is not served. */
  readonly ofApplication: (application: string) => readonly ModelFigures[] | undefined;
  /** Of a model's versions; undefined for one that is not registered. */
  readonly ofModel: (model: string) => readonly ModelFigures[] | undefined;
  readonly learning: (application: string) => LearningFigures | undefined;
}

/**
 * Samples of what applications, models and replicas do, one an interval whatever the number of those who watch. A
 * sample is of its interval alone: who misses one misses what it counted. They end with what they are of.
 */
export class MetricsSamples {
  readonly #sources: MetricsSources;
  readonly #shared: SharedSamples<MetricsSample>;

  constructor(sources: MetricsSources) {
    this.#sources = sources;
    this.#shared = new SharedSamples(sources.clock);
  }

  /** Beats that samples are taken at now. */
  get size(): number {
    return this.#shared.size;
  }

  /** Undefined where there is no such thing. */
  follow(target: MetricsTarget, intervalMs: number): AsyncIterableIterator<Told<MetricsSample>> | undefined {
    const figures = (): readonly ModelFigures[] | undefined => this.#figures(target);
    if (figures() === undefined) return undefined;
    return this.#shared.follow(JSON.stringify(target), intervalMs, () => this.#sampler(target, figures));
  }

  /** Endpoints of a model's replicas. */
  replicas(model: string): readonly string[] {
    const versions = this.#sources.ofModel(model) ?? [];
    return versions.flatMap(({ replicas }) => replicas.map(({ endpoint }) => endpoint));
  }

  stop(): void {
    this.#shared.stop();
  }

  #figures(target: MetricsTarget): readonly ModelFigures[] | undefined {
    const { ofApplication, ofModel } = this.#sources;
    if (target.kind === "APPLICATION") return ofApplication(target.application);
    const { model, replica } = target;
    const figures = ofModel(model);
    if (replica === undefined) return figures;
    return figures?.flatMap((one) => {
      const replicas = one.replicas.filter(({ endpoint }) => endpoint === replica);
      return replicas.length === 0 ? [] : [{ ...one, replicas }];
    });
  }

  #sampler(target: MetricsTarget, figures: () => readonly ModelFigures[] | undefined): Sampler<MetricsSample> {
    const { clock, metrics, learning } = this.#sources;
    const models = new ModelSampler(figures() ?? []);
    const application =
      target.kind === "APPLICATION"
        ? new ApplicationSampler(metrics, target.application, () => learning(target.application))
        : undefined;
    return {
      sample: (intervalMs) => {
        const now = figures();
        if (now === undefined) return undefined;
        const at = new Date(clock.wallMs());
        return { at, intervalMs, application: application?.sample(intervalMs), models: models.sample(now, intervalMs) };
      },
    };
  }
}
