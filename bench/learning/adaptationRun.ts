import type { LearnedState } from "../../src/correction/learnedState.js";
import type { MemberOutput } from "../../src/domain/prediction.js";
import { seededRandom } from "../simulation/seededRandom.js";
import { Learner } from "./learner.js";
import type { Answer } from "./learner.js";
import { drawTastes } from "./tastes.js";
import type { FeatureQuality, Liking, TasteItems, TasteLog } from "./tastes.js";

/** What the tastes are about; `known` classes are there from the beginning, and the poor features know only them. */
export const SETS = {
  bbc: { title: "BBC News articles, likes by topic", known: [0, 2] },
  digits: { title: "Handwritten digits, likes by digit", known: [0, 1, 2, 3] },
} as const;
export type SetName = keyof typeof SETS;

const USERS = 100;
const HISTORY = 40;
const MOST_EXAMPLES = 30;
/** Examples after the change at which errors are measured. */
export const EXAMPLES = [0, 1, 2, 3, 5, 7, 10, 15, 20, 25, MOST_EXAMPLES] as const;
/** Dislike first: a user of whom nothing is known likes nothing. */
const OUTPUT = { kind: "LABEL", labels: ["dislike", "like"] } as const;
/** Some ten observations are remembered. bench/python/retrain.py weighs them alike. */
const POLICY = { kind: "linear", featureModel: "features", forgetting: 0.9, ridge: 0.3 } as const;
export interface Adaptation {
  /** On the test items, over all users, at each of `EXAMPLES`. */
  readonly errors: readonly number[];
  /** Mean loss in the drift detector's window before the change and at the end, and how often it fired since. */
  readonly lossBefore: number;
  readonly lossAtEnd: number;
  readonly drifts: number;
  /** The server would have said that learning online does not make up for it, and it is time to retrain; and has not taken it back. */
  readonly isStalled: boolean;
}

export function drawLog(items: TasteItems, known: readonly number[], seed: number): TasteLog {
  return drawTastes(items, { users: USERS, history: HISTORY, known, steps: MOST_EXAMPLES }, seededRandom(seed));
}

/** The server's `linear` over a feature model: a state for each user, each observation predicted before it is learned. */
export function runAdaptation(items: TasteItems, quality: FeatureQuality, log: TasteLog): Adaptation {
  const readers = new Readers(items.features[quality]);
  for (const liking of log.before) readers.observe(liking);
  const { mean: lossBefore, fired: firedBefore } = readers.drift;
  const errors = EXAMPLES.map((examples, i) => {
    const since = EXAMPLES[i - 1] ?? 0;
    for (const liking of log.after) if (liking.step > since && liking.step <= examples) readers.observe(liking);
    return readers.error(items, log);
  });
  const { mean: lossAtEnd, fired } = readers.drift;
  return { errors, lossBefore, lossAtEnd, drifts: fired - firedBefore, isStalled: readers.isStalled };
}

class Readers {
  readonly #features: readonly Float64Array[];
  readonly #learner = new Learner({
    policy: POLICY,
    output: OUTPUT,
    loss: { kind: "ZERO_ONE" },
    models: [POLICY.featureModel],
    random: seededRandom(1),
  });
  readonly #population = this.#learner.folding.init();
  readonly #states = new Map<number, LearnedState>();

  constructor(features: readonly Float64Array[]) {
    this.#features = features;
  }

  /** Of all answers, as the application's ADWIN sees them. */
  get drift(): { readonly mean: number; readonly fired: number } {
    const { answers, drifts } = this.#population;
    return { mean: answers?.drift.mean ?? NaN, fired: drifts };
  }

  get isStalled(): boolean {
    return this.#population.answers?.adaptation.state === "STALLED";
  }

  observe({ user, item, likes }: Liking): void {
    const own = this.#states.get(user) ?? this.#learner.folding.inherit(this.#population);
    this.#states.set(user, own);
    const label = OUTPUT.labels[likes ? 1 : 0];
    const answer = { ...this.#answer(own, item), entity: `${user}` };
    this.#learner.learn(answer, { kind: "LABEL", label }, own, this.#population);
  }

  error({ test, classes }: TasteItems, { tastes }: TasteLog): number {
    let wrong = 0;
    for (const [user, state] of this.#states) {
      for (const item of test) {
        const { output } = this.#answer(state, item);
        const likes = tastes[user]?.[classes[item] as number] === 1;
        if (output.kind !== "LABEL" || (output.label === "like") !== likes) wrong += 1;
      }
    }
    return wrong / (this.#states.size * test.length);
  }

  #answer(state: LearnedState, item: number): Answer {
    return this.#learner.answer(state, knowsNothing, this.#features[item]);
  }
}

/** Before its first observation `linear` asks its members; features alone are no answer. */
function knowsNothing(): MemberOutput {
  return { kind: "SCORES", scores: Float64Array.of(0.5, 0.5) };
}
