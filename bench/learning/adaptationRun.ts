import { Learner } from "./learner.js";
import type { LearnedState } from "../../src/correction/learnedState.js";
import { seededRandom } from "../simulation/seededRandom.js";
import type { FeatureQuality, Liking, TasteItems, TasteLog } from "./tastes.js";

/** Examples after the change at which errors are measured. */
export const STEPS = [0, 1, 2, 3, 5, 7, 10, 15, 20, 25, 30] as const;
export const MOST_STEPS = 30;
/** Dislike first: a user of whom nothing is known likes nothing. */
const LABELS = ["dislike", "like"] as const;
const OUTPUT = { kind: "LABEL", labels: LABELS } as const;
/** Ten observations or so are remembered. */
const FORGETTING = 0.9;

export interface Adaptation {
  /** On the test items, over all users: before the change with the old tastes, and at each of `STEPS` with the new. */
  readonly errors: readonly number[];
  /** Mean loss in the drift detector's window before the change and at the end, and how often it fired since. */
  readonly lossBefore: number;
  readonly lossAtEnd: number;
  readonly drifts: number;
}

/** The server's policy `linear` over a feature model, one state a user, every observation predicted before it is learned. */
export function runAdaptation(items: TasteItems, quality: FeatureQuality, log: TasteLog, forgetting = FORGETTING, ridge=1, refitAt: readonly number[] = []): Adaptation {
  const features = items.features[quality];
  const learner = new Learner({
    policy: { kind: "linear", featureModel: "features", forgetting, ridge },
    output: OUTPUT,
    loss: { kind: "ZERO_ONE" },
    models: ["features"],
    random: seededRandom(1),
  });
  const population = learner.folding.init();
  const users = new Map<number, LearnedState>();
  const observe = ({ user, item, likes }: Liking): void => {
    const own = users.get(user) ?? learner.folding.inherit(population);
    users.set(user, own);
    const answer = learner.answer(own, unasked, features[item]);
    learner.learn(answer, { kind: "LABEL", label: LABELS[likes ? 1 : 0] }, own, population);
  };
  const error = (): number => {
    let wrong = 0;
    for (const [user, state] of users) {
      for (const item of items.test) {
        const { output } = learner.answer(state, unasked, features[item]);
        const likes = log.tastes[user]?.[items.classes[item] as number] === 1;
        if (output.kind !== "LABEL" || (output.label === "like") !== likes) wrong += 1;
      }
    }
    return wrong / (users.size * items.test.length);
  };
  log.before.forEach(observe);
  const lossBefore = population.answers?.drift.mean ?? NaN;
  const driftsBefore = population.drifts;
  const errors: number[] = [];
  for (const step of STEPS) {
    log.after.filter((liking) => liking.step > (STEPS[errors.length - 1] ?? -1) && liking.step <= step).forEach(observe);
    if (refitAt.includes(step)) {
      const states = [...users.values()].map(({ policy }) => policy);
      const prior = learner.policy.sharedPrior?.estimate(states);
      for (const state of states) learner.policy.sharedPrior?.refit(state, prior);
    }
    errors.push(error());
  }
  const lossAtEnd = population.answers?.drift.mean ?? NaN;
  return { errors, lossBefore, lossAtEnd, drifts: population.drifts - driftsBefore };
}

/** Over a feature model `linear` answers from the features. Before the first observation it asks its members, and there are none. */
function unasked(): { kind: "SCORES"; scores: Float64Array } {
  return { kind: "SCORES", scores: Float64Array.of(0.5, 0.5) };
}
