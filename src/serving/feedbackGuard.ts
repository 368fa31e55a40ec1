import type { Lesson } from "../correction/folding.js";
import type { Application } from "../domain/application.js";
import type { Clock } from "../domain/ports.js";
import type { Truth } from "../domain/storePorts.js";
import { EVERYTHING, LearnedShare } from "./learnedShare.js";
import type { Admission } from "./learnedShare.js";
import { Outliers } from "./outlier.js";

export interface FeedbackGuardOptions {
  readonly clock: Clock;
  /** Of these something is remembered; of others no longer. */
  readonly applications: () => readonly string[];
  readonly warn: (message: string) => void;
}

interface Watched {
  readonly share: LearnedShare;
  readonly outliers: Outliers;
  warnedAtMs: number;
}

const WARN_EVERY_MS = 60_000;

/** What this server has seen of each application's feedback: whose it was, and how far from what was answered. */
export class FeedbackGuard {
  readonly #options: FeedbackGuardOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: FeedbackGuardOptions) {
    this.#options = options;
  }

  /** `keyId`: of who tells it; undefined: of nobody in particular. */
  admit({ name, feedback }: Application, keyId: string | undefined): Admission {
    const { learnedShare } = feedback;
    if (learnedShare === undefined) return EVERYTHING;
    const watched = this.#of(name);
    const admission = watched.share.admit(keyId, learnedShare);
    if (!admission.isLearned) this.#warn(name, watched, `${keyId}`, learnedShare);
    return admission;
  }

  isOutlier({ name, output }: Application, answer: Lesson["answer"], truth: Truth): boolean {
    return this.#of(name).outliers.isOutlier(output, answer, truth);
  }

  #of(application: string): Watched {
    const known = this.#watched.get(application);
    if (known !== undefined) return known;
    const served = new Set(this.#options.applications());
    for (const name of this.#watched.keys()) if (!served.has(name)) this.#watched.delete(name);
    const watched = { share: new LearnedShare(), outliers: new Outliers(), warnedAtMs: -Infinity };
    this.#watched.set(application, watched);
    return watched;
  }

  #warn(application: string, watched: Watched, keyId: string, share: number): void {
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - watched.warnedAtMs < WARN_EVERY_MS) return;
    watched.warnedAtMs = nowMs;
    this.#options.warn(
      `feedback of key ${keyId} is not learned by ${application}: it is more than learnedShare (${share}) of what is`,
    );
  }
}
