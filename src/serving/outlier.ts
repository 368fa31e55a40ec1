import type { Lesson } from "../correction/folding.js";
import { clipResidual, newScale } from "../correction/robustScale.js";
import type { RobustScale } from "../correction/robustScale.js";
import type { OutputSpec } from "../domain/application.js";
import type { Truth } from "../domain/storePorts.js";

/** A label with less than this share of the best one's score is one that the models take for impossible. */
const IMPOSSIBLE = 0.01;

/**
 * Observations that contradict what is known, of one application. A label: the models gave it next to no score. A number or
 * vector: it is further from the answer than five robust standard deviations of such errors. Rewards have none: their
 * range is declared, and what is beyond it refused.
 */
export class Outliers {
  readonly #scale: RobustScale = newScale();

  isOutlier(spec: OutputSpec, answer: Lesson["answer"], truth: Truth): boolean {
    if (answer === undefined) return false;
    const { output } = answer;
    if (output.kind === "SCORES") {
      const own = truth.kind === "LABEL" && spec.kind === "LABEL" ? spec.labels.indexOf(truth.label) : -1;
      return own >= 0 && (output.scores[own] as number) < IMPOSSIBLE * Math.max(...output.scores);
    }
    const told = truth.kind === "NUMBER" ? [truth.number] : truth.kind === "VECTOR" ? truth.vector : [];
    if (told.length !== output.numbers.length) return false;
    const error = told.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (output.numbers[i] as number))), 0);
    return clipResidual(this.#scale, error) !== error;
  }
}
