import type { MemberOutput } from "../../src/domain/prediction.js";
import { LINEAR_STRENGTH } from "../../src/domain/policySpec.js";
import type { PolicySpec } from "../../src/domain/policySpec.js";
import type { Random } from "../../src/domain/ports.js";
import type { LearnedState } from "../../src/correction/learnedState.js";
import { seededRandom } from "../simulation/seededRandom.js";
import { Learner } from "./learner.js";
import { shuffled } from "./order.js";
import { REFITTED_AFTER, refit } from "./personalisationRun.js";
import type { ScoredItems } from "./scoredItems.js";

/** Feedbacks of a reader after which the error is measured. */
export const READER_FEEDBACKS = [0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50] as const;
const READERS = 200;
const HELD_OUT = 100;
/** Others, who came before these readers, and what each of them told. */
const EARLIER = { readers: 100, feedbacks: 50 };
/** Of the models of topics, the logistic regression. */
const TOPIC_MODEL = 3;
/** What each reader has a state of. */
export const READER_LEARNING = {
  /** A reader's taste is soon told from the others': a model that is wrong loses most of its weight at once. */
  ensemble: { policy: { kind: "ensemble", eta: 1 }, prior: "NONE" },
  /** Its features are what all members answer. */
  linear: { policy: { kind: "linear", strength: LINEAR_STRENGTH }, prior: "NONE" },
  /** The default before: the population believed like one observation of the length 1 in each direction. */
  ridge: { policy: { kind: "linear", ridge: 1 }, prior: "NONE" },
  /** Born with the prior that the server's job estimates from the earlier readers. */
  prior: { policy: { kind: "linear", strength: LINEAR_STRENGTH }, prior: "AT_BIRTH" },
  /** Born without it, and given it after ten feedbacks as if born with it. */
  refitted: { policy: { kind: "linear", strength: LINEAR_STRENGTH }, prior: "LATER" },
} as const satisfies Readonly<
  Record<string, { readonly policy: PolicySpec; readonly prior: "NONE" | "AT_BIRTH" | "LATER" }>
>;
export type ReaderLearning = keyof typeof READER_LEARNING;
const OUTPUT = { kind: "LABEL", labels: ["dislike", "like"] } as const;

/** One of the tastes: the topics that it likes. */
export type Taste = readonly number[];

export interface ReaderErrors {
  readonly readers: number;
  /** With a state for each reader, after each number of feedbacks. */
  readonly error: readonly number[];
  /** The population's state for all, which has learned from all of them, at the end. */
  readonly sharedError: number;
}

interface Reader {
  readonly taste: Taste;
  readonly heldOut: Int32Array;
  readonly held: ReadonlySet<number>;
  /** Born of the population with the first feedback. */
  own: LearnedState | undefined;
}

/**
 * Readers of news who like two of five topics, one model for each such taste, and a state for each reader, as the Clipper
 * paper has models of dialects and a state for each speaker (section 5.3). What a model says of an article's paragraph is
 * what a real model of topics says of it. Readers give feedback in turns, so that the population learns of all of them.
 */
export function runReaders(items: ScoredItems, learning: ReaderLearning): ReaderErrors {
  const random = seededRandom(9);
  const tastes = pairsOf(items.labels.length);
  const models = tastes.map(nameOf);
  const { policy, prior: priorComes } = READER_LEARNING[learning];
  const learner = new Learner({ policy, output: OUTPUT, loss: { kind: "ZERO_ONE" }, models, random });
  const population = learner.folding.init();
  const scoreOf = (item: number) => (model: string) => likes(items, item, tastes[models.indexOf(model)] as Taste);
  const truthOf = (item: number, taste: Taste) =>
    ({ kind: "LABEL", label: OUTPUT.labels[taste.includes(Number(items.truthOf(item))) ? 1 : 0] }) as const;
  const learn = (item: number, taste: Taste, own = population): void => {
    learner.learn(learner.answer(own, scoreOf(item)), truthOf(item, taste), ...new Set([own, population]));
  };
  const isWrong = (item: number, taste: Taste, own: LearnedState): boolean => {
    const { output } = learner.answer(own, scoreOf(item));
    return output.kind !== "LABEL" || output.label !== truthOf(item, taste).label;
  };
  const errorOf = (readers: readonly Reader[], stateOf: (reader: Reader) => LearnedState): number => {
    let wrong = 0;
    for (const reader of readers)
      for (const item of reader.heldOut) if (isWrong(item, reader.taste, stateOf(reader))) wrong += 1;
    return wrong / (readers.length * HELD_OUT);
  };
  const earlier = Array.from({ length: EARLIER.readers }, () => ({
    own: learner.folding.inherit(population),
    taste: drawTaste(tastes, random),
  }));
  for (let i = 0; i < EARLIER.feedbacks; i++) {
    for (const { own, taste } of earlier) learn(Math.floor(random() * items.count), taste, own);
  }
  const prior = priorComes === "NONE" ? undefined : estimatePrior(learner, earlier);
  if (priorComes === "AT_BIRTH") adoptPrior(learner, population, prior);
  const readers = Array.from({ length: READERS }, () => newReader(items.count, tastes, random));
  let given = 0;
  const error = READER_FEEDBACKS.map((feedbacks) => {
    for (; given < feedbacks; given++) {
      for (const reader of readers) {
        reader.own ??= learner.folding.inherit(population);
        if (given === REFITTED_AFTER && priorComes === "LATER") refit(learner, reader.own, prior);
        learn(unseenItem(items.count, reader.held, random), reader.taste, reader.own);
      }
    }
    return errorOf(readers, ({ own }) => own ?? population);
  });
  return { readers: READERS, error, sharedError: errorOf(readers, () => population) };
}

function estimatePrior({ policy }: Learner, earlier: readonly { readonly own: LearnedState }[]): unknown {
  return policy.sharedPrior?.estimate(earlier.map(({ own }) => own.policy));
}

function adoptPrior({ policy }: Learner, population: LearnedState, prior: unknown): void {
  if (policy.sharedPrior?.adopt(population.policy, prior) !== true) throw new Error("the prior was not adopted");
}

function newReader(items: number, tastes: readonly Taste[], random: Random): Reader {
  const heldOut = shuffled(items, random).subarray(0, HELD_OUT);
  return { taste: drawTaste(tastes, random), heldOut, held: new Set(heldOut), own: undefined };
}

function unseenItem(items: number, held: ReadonlySet<number>, random: Random): number {
  for (;;) {
    const item = Math.floor(random() * items);
    if (!held.has(item)) return item;
  }
}

/** Of the model for a taste. */
export function nameOf(taste: Taste): string {
  return `likes-${taste.join("-")}`;
}

export function pairsOf(topics: number): readonly Taste[] {
  const pairs: Taste[] = [];
  for (let a = 0; a < topics; a++) for (let b = a + 1; b < topics; b++) pairs.push([a, b]);
  return pairs;
}

/** Some tastes are commoner than others: by Zipf's law. */
export function drawTaste(tastes: readonly Taste[], random: Random): Taste {
  let total = 0;
  tastes.forEach((_, i) => (total += 1 / (i + 1)));
  let left = random() * total;
  for (const [i, taste] of tastes.entries()) {
    left -= 1 / (i + 1);
    if (left < 0) return taste;
  }
  return tastes[0] as Taste;
}

export function likes(items: ScoredItems, item: number, taste: Taste): MemberOutput {
  const output = items.scoresOf(TOPIC_MODEL, item);
  let like = 0;
  if (output.kind === "SCORES") for (const topic of taste) like += output.scores[topic] as number;
  return { kind: "SCORES", scores: Float64Array.of(1 - like, like) };
}
