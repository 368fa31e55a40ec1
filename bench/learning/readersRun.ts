import type { MemberOutput } from "../../src/domain/prediction.js";
import type { Random } from "../../src/domain/ports.js";
import { seededRandom } from "../simulation/seededRandom.js";
import { Learner } from "./learner.js";
import { shuffled } from "./order.js";
import type { ScoredItems } from "./scoredItems.js";

/** Feedbacks of a reader after which the error is measured. */
export const READER_FEEDBACKS = [0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50] as const;
const READERS = 200;
const HELD_OUT = 100;
/** Observations of others, before the first of these readers comes. */
const POPULATION = 5000;
/** Of the models of topics, the logistic regression. */
const TOPIC_MODEL = 3;
/** A reader's taste is soon told from the others': a model that is wrong loses most of its weight at once. */
const POLICY = { kind: "ensemble", eta: 1 } as const;
const OUTPUT = { kind: "LABEL", labels: ["dislike", "like"] } as const;

/** One of the tastes: the topics that it likes. */
type Taste = readonly number[];

export interface ReaderErrors {
  readonly readers: number;
  /** With a state for each reader. */
  readonly error: readonly number[];
  /** The population's state for all, which learns on. */
  readonly sharedError: number;
}

/**
 * Readers of news who like two of five topics, an ensemble with one model for each such taste, and a state of its
 * weights for each reader, as the Clipper paper has models of dialects and a state for each speaker (section 5.3). What a
 * model says of an article's paragraph is what a real model of topics says of it.
 */
export function runReaders(items: ScoredItems): ReaderErrors {
  const random = seededRandom(9);
  const tastes = pairsOf(items.labels.length);
  const models = tastes.map((taste) => `likes-${taste.join("-")}`);
  const learner = new Learner({ policy: POLICY, output: OUTPUT, loss: { kind: "ZERO_ONE" }, models, random });
  const population = learner.folding.init();
  const scoreOf = (item: number) => (model: string) => likes(items, item, tastes[models.indexOf(model)] as Taste);
  const truthOf = (item: number, taste: Taste) =>
    ({ kind: "LABEL", label: OUTPUT.labels[taste.includes(Number(items.truthOf(item))) ? 1 : 0] }) as const;
  const anyItem = (): number => Math.floor(random() * items.count);
  const learn = (item: number, taste: Taste, own = population): void => {
    learner.learn(learner.answer(own, scoreOf(item)), truthOf(item, taste), ...new Set([own, population]));
  };
  for (let i = 0; i < POPULATION; i++) learn(anyItem(), drawTaste(tastes, random));
  const wrong = new Float64Array(READER_FEEDBACKS.length);
  let sharedWrong = 0;
  const isWrong = (item: number, taste: Taste, own: typeof population): boolean => {
    const { output } = learner.answer(own, scoreOf(item));
    return output.kind !== "LABEL" || output.label !== truthOf(item, taste).label;
  };
  for (let reader = 0; reader < READERS; reader++) {
    const taste = drawTaste(tastes, random);
    const heldOut = shuffled(items.count, random).subarray(0, HELD_OUT);
    const held = new Set(heldOut);
    const own = learner.folding.inherit(population);
    let given = 0;
    READER_FEEDBACKS.forEach((feedbacks, at) => {
      while (given < feedbacks) {
        const item = anyItem();
        if (held.has(item)) continue;
        learn(item, taste, own);
        given += 1;
      }
      for (const item of heldOut) if (isWrong(item, taste, own)) wrong[at] = (wrong[at] as number) + 1;
    });
    for (const item of heldOut) if (isWrong(item, taste, population)) sharedWrong += 1;
  }
  const count = READERS * HELD_OUT;
  return { readers: READERS, error: Array.from(wrong, (sum) => sum / count), sharedError: sharedWrong / count };
}

function pairsOf(topics: number): readonly Taste[] {
  const pairs: Taste[] = [];
  for (let a = 0; a < topics; a++) for (let b = a + 1; b < topics; b++) pairs.push([a, b]);
  return pairs;
}

/** Some tastes are commoner than others: by Zipf's law. */
function drawTaste(tastes: readonly Taste[], random: Random): Taste {
  let total = 0;
  tastes.forEach((_, i) => (total += 1 / (i + 1)));
  let left = random() * total;
  for (const [i, taste] of tastes.entries()) {
    left -= 1 / (i + 1);
    if (left < 0) return taste;
  }
  return tastes[0] as Taste;
}

function likes(items: ScoredItems, item: number, taste: Taste): MemberOutput {
  const output = items.scoresOf(TOPIC_MODEL, item);
  let like = 0;
  if (output.kind === "SCORES") for (const topic of taste) like += output.scores[topic] as number;
  return { kind: "SCORES", scores: Float64Array.of(1 - like, like) };
}
