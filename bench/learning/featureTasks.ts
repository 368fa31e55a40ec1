import type { OutputSpecInput, TruthInput } from "../generated/graphql.js";
import { seededRandom } from "../simulation/seededRandom.js";
import type { LearningData } from "./learningData.js";
import { shuffled } from "./order.js";
import { byUser, readMovies } from "./personalisationRun.js";
import { drawTaste, nameOf, pairsOf } from "./readersRun.js";
import { readScoredItems } from "./scoredItems.js";
import { readTasteItems } from "./tastes.js";

/** An item, by its number, and what somebody thinks of it. */
export interface Opinion {
  readonly item: number;
  readonly truth: TruthInput;
}

export interface TaskUser {
  readonly entity: string;
  readonly feedback: readonly Opinion[];
  /** Never told. */
  readonly heldOut: readonly Opinion[];
}

/** People with opinions of real items, and the models whose outputs are what is learned over. */
export interface FeatureTask {
  readonly name: string;
  readonly models: readonly string[];
  /** Undefined: the members' outputs are the features. */
  readonly featureModel: string | undefined;
  readonly output: OutputSpecInput;
  /** Who came before; only what they told counts. */
  readonly earlier: readonly TaskUser[];
  readonly users: readonly TaskUser[];
}

const PEOPLE = 60;
const FEEDBACKS = 30;
const HELD_OUT = 20;
const LIKES: OutputSpecInput = { label: { labels: ["dislike", "like"] } };

/** Three ways to features: matrix factorisation, a network's last hidden layer, the outputs of an ensemble's members. */
export async function readFeatureTasks(data: LearningData): Promise<readonly FeatureTask[]> {
  return [await movieTask(data), await digitTask(data), await newsTask(data)];
}

async function movieTask(data: LearningData): Promise<FeatureTask> {
  const { ratings } = await readMovies(data);
  const random = seededRandom(11);
  const people = (isKnown: boolean): TaskUser[] =>
    [...byUser(ratings.filter((rating) => rating.isKnown === isKnown)).entries()]
      .filter(([, own]) => own.length >= FEEDBACKS + HELD_OUT)
      .slice(0, PEOPLE)
      .map(([user, own]) => {
        const opinions = own.map(({ movie, stars }) => ({ item: movie, truth: { number: stars } }));
        const held = new Set(shuffled(own.length, random).subarray(0, HELD_OUT));
        const feedback = opinions.filter((_, i) => !held.has(i)).slice(0, FEEDBACKS);
        return { entity: `viewer-${user}`, feedback, heldOut: opinions.filter((_, i) => held.has(i)) };
      });
  const model = "movie-factors";
  const common = { name: "movies", models: [model], featureModel: model, output: { number: {} } };
  return { ...common, earlier: people(true), users: people(false) };
}

async function digitTask(data: LearningData): Promise<FeatureTask> {
  const { classes, classCount, shown, test } = await readTasteItems(data, "digits");
  const random = seededRandom(12);
  const person = (entity: string): TaskUser => {
    const liked = new Set(shuffled(classCount, random).subarray(0, classCount / 2));
    const opinions = (of: readonly number[], count: number): Opinion[] =>
      [...shuffled(of.length, random).subarray(0, count)].map((at) => {
        const item = of[at] as number;
        return { item, truth: { label: liked.has(classes[item] as number) ? "like" : "dislike" } };
      });
    return { entity, feedback: opinions(shown.flat(), FEEDBACKS), heldOut: opinions(test, HELD_OUT) };
  };
  const model = "digits-hidden";
  return { name: "digits", models: [model], featureModel: model, output: LIKES, ...peopleOf(person) };
}

async function newsTask(data: LearningData): Promise<FeatureTask> {
  const items = await readScoredItems(data, "bbc");
  const random = seededRandom(13);
  const tastes = pairsOf(items.labels.length);
  const person = (entity: string): TaskUser => {
    const taste = drawTaste(tastes, random);
    const opinions = [...shuffled(items.count, random).subarray(0, FEEDBACKS + HELD_OUT)].map((item) => {
      return { item, truth: { label: taste.includes(Number(items.truthOf(item))) ? "like" : "dislike" } };
    });
    return { entity, feedback: opinions.slice(0, FEEDBACKS), heldOut: opinions.slice(FEEDBACKS) };
  };
  return { name: "news", models: tastes.map(nameOf), featureModel: undefined, output: LIKES, ...peopleOf(person) };
}

function peopleOf(person: (entity: string) => TaskUser): Pick<FeatureTask, "earlier" | "users"> {
  const people = (kind: string): TaskUser[] => Array.from({ length: PEOPLE }, (_, i) => person(`${kind}-${i}`));
  return { earlier: people("earlier"), users: people("user") };
}
