import type { Clock } from "../domain/ports.js";
import type { Told } from "../lib/latestValues.js";
import { SharedSamples } from "../lib/sharedSamples.js";
import type { Sampler } from "../lib/sharedSamples.js";
import type { WeightFigures } from "./figures.js";

/** How an application's policy stands, in what it has learned of all. */
export interface PolicyFigures {
  readonly policyVersion: number;
  /** Place in the application's log up to which that is known here. */
  readonly stateSeq: number;
  readonly weights: readonly WeightFigures[];
  readonly recentLoss: number | undefined;
}

export interface PolicySample extends PolicyFigures {
  readonly at: Date;
}

/** Undefined: there is no such application. */
export type PolicyFiguresOf = (application: string) => PolicyFigures | undefined;

/** Policies whenever they have changed, looked at once an interval whatever the number of those who follow. */
export class PolicySamples {
  readonly #clock: Clock;
  readonly #figuresOf: PolicyFiguresOf;
  readonly #shared: SharedSamples<PolicySample>;

  constructor(clock: Clock, figuresOf: PolicyFiguresOf) {
    this.#clock = clock;
    this.#figuresOf = figuresOf;
    this.#shared = new SharedSamples(clock);
  }

  /** Beats that samples are taken at now. */
  get size(): number {
    return this.#shared.size;
  }

  /** Undefined where there is no such application. */
  follow(application: string, intervalMs: number): AsyncIterableIterator<Told<PolicySample>> | undefined {
    if (this.#figuresOf(application) === undefined) return undefined;
    return this.#shared.follow(application, intervalMs, () => this.#sampler(application));
  }

  stop(): void {
    this.#shared.stop();
  }

  #sampler(application: string): Sampler<PolicySample> {
    let text = "";
    let last: PolicySample | undefined;
    return {
      sample: () => {
        const figures = this.#figuresOf(application);
        if (figures === undefined) return undefined;
        const now = JSON.stringify(figures);
        if (last === undefined || now !== text) last = { ...figures, at: new Date(this.#clock.wallMs()) };
        text = now;
        return last;
      },
    };
  }
}
