import type { LearnedState } from "../../src/correction/learnedState.js";
import { LINEAR_STRENGTH } from "../../src/domain/policySpec.js";
import type { MemberOutput } from "../../src/domain/prediction.js";
import type { Random } from "../../src/domain/ports.js";
import { seededRandom } from "../simulation/seededRandom.js";
import { Learner } from "./learner.js";
import type { LearningData } from "./learningData.js";
import { shuffled } from "./order.js";
import { readRows } from "./tastes.js";

/** Feedbacks of a user after which the error is measured. */
export const FEEDBACKS = [0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50] as const;
const MOST_FEEDBACKS = 50;
/** Of each user, ratings that are never learned from. */
const HELD_OUT = 20;
/** A movie that somebody likes has so many stars. */
const LIKED_FROM = 4;
/** Users of the population that the prior of new ones is estimated from, by at most so many of their ratings. */
const MOST_RATINGS = 200;
const OUTPUT = { kind: "NUMBER" } as const;

interface Rating {
  readonly user: number;
  readonly movie: number;
  readonly stars: number;
  /** By someone whom the factors come from. */
  readonly isKnown: boolean;
}

export interface MovieData {
  /** A movie's mean, then its factors, each of mean square 1. */
  readonly movies: readonly Float64Array[];
  /** By user, in the order in which they were given. */
  readonly ratings: readonly Rating[];
}

export async function readMovies(data: LearningData): Promise<MovieData> {
  const rows = await data.integers("ratings");
  const ratings = Array.from({ length: rows.length / 4 }, (_, i): Rating => {
    const [user, movie, stars, known] = rows.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    return { user, movie, stars, isKnown: known === 1 };
  });
  return { movies: await readRows(data, "movie-factors"), ratings };
}

/** Over all new users and their held-out ratings, after each number of feedbacks. */
export interface ErrorsByFeedback {
  readonly rmse: readonly number[];
  /** Share of movies that were taken for liked and were not, or the other way round. */
  readonly likeError: readonly number[];
}

/** How a new user begins. `refitted`: from the population, and with the prior as if born with it after ten feedbacks. */
export type Beginning = "prior" | "population" | "refitted" | "ridge" | "nothing";
/** That a prior comes after. */
export const REFITTED_AFTER = 10;

export interface Personalisation {
  readonly users: number;
  readonly byBeginning: Readonly<Record<Beginning, ErrorsByFeedback>>;
  /** The movie's mean alone. */
  readonly movieMean: { readonly rmse: number; readonly likeError: number };
}

export function runPersonalisation(data: MovieData): Personalisation {
  const users = newUsers(data);
  const errors = (beginning: Beginning): ErrorsByFeedback => errorsOf(data, users, beginning);
  return {
    users: users.length,
    byBeginning: {
      prior: errors("prior"),
      population: errors("population"),
      refitted: errors("refitted"),
      ridge: errors("ridge"),
      nothing: errors("nothing"),
    },
    movieMean: meanErrors(data, users),
  };
}

interface NewUser {
  readonly user: number;
  /** The first in time. */
  readonly feedback: readonly Rating[];
  readonly heldOut: readonly Rating[];
}

/** Users that nothing was learned of, with ratings enough. What is held out is drawn from all that they rated. */
function newUsers({ ratings }: MovieData): readonly NewUser[] {
  const random = seededRandom(4);
  return [...byUser(ratings.filter(({ isKnown }) => !isKnown)).entries()]
    .filter(([, own]) => own.length >= MOST_FEEDBACKS + HELD_OUT)
    .map(([user, own]) => splitRatings(user, own, random));
}

function splitRatings(user: number, own: readonly Rating[], random: Random): NewUser {
  const held = new Set(shuffled(own.length, random).subarray(0, HELD_OUT));
  const feedback = own.filter((_, i) => !held.has(i)).slice(0, MOST_FEEDBACKS);
  return { user, feedback, heldOut: own.filter((_, i) => held.has(i)) };
}

export function byUser(ratings: readonly Rating[]): Map<number, Rating[]> {
  const users = new Map<number, Rating[]>();
  for (const rating of ratings) {
    const own = users.get(rating.user) ?? [];
    users.set(rating.user, own);
    own.push(rating);
  }
  return users;
}

function errorsOf(data: MovieData, users: readonly NewUser[], beginning: Beginning): ErrorsByFeedback {
  const learner = newLearner(beginning === "ridge" ? { ridge: 1 } : { strength: LINEAR_STRENGTH });
  const population = learner.folding.init();
  const prior = beginning === "nothing" ? undefined : learnPopulation(learner, population, data, beginning);
  const squares = new Float64Array(FEEDBACKS.length);
  const wrong = new Float64Array(FEEDBACKS.length);
  for (const { feedback, heldOut } of users) {
    const own = learner.folding.inherit(population);
    let given = 0;
    FEEDBACKS.forEach((feedbacks, at) => {
      for (; given < feedbacks; given++) {
        if (given === REFITTED_AFTER && beginning === "refitted") refit(learner, own, prior);
        observe(learner, data, feedback[given] as Rating, own);
      }
      for (const rating of heldOut) {
        const stars = predict(learner, own, data.movies[rating.movie] as Float64Array);
        squares[at] = (squares[at] as number) + (stars - rating.stars) ** 2;
        wrong[at] = (wrong[at] as number) + (isMistaken(stars, rating) ? 1 : 0);
      }
    });
  }
  const count = users.length * HELD_OUT;
  return {
    rmse: Array.from(squares, (sum) => Math.sqrt(sum / count)),
    likeError: Array.from(wrong, (sum) => sum / count),
  };
}

function newLearner(prior: { readonly ridge: number } | { readonly strength: number }): Learner {
  return new Learner({
    policy: { kind: "linear", featureModel: "movies", ...prior },
    output: OUTPUT,
    // Four stars apart is as wrong as can be.
    loss: { kind: "SQUARED", range: 4 },
    models: ["movies"],
    random: seededRandom(1),
  });
}

/** All ratings of the known users, and the prior that the server's job estimates from their states. */
function learnPopulation(learner: Learner, population: LearnedState, data: MovieData, beginning: Beginning): unknown {
  const states: LearnedState[] = [];
  for (const own of byUser(data.ratings.filter(({ isKnown }) => isKnown)).values()) {
    const state = learner.folding.inherit(population);
    for (const rating of own.slice(0, MOST_RATINGS)) observe(learner, data, rating, state, population);
    states.push(state);
  }
  if (beginning !== "prior" && beginning !== "refitted") return undefined;
  const prior = learner.policy.sharedPrior?.estimate(states.map(({ policy }) => policy));
  if (beginning === "prior" && learner.policy.sharedPrior?.adopt(population.policy, prior) !== true)
    throw new Error("the prior was not adopted");
  return prior;
}

export function refit({ policy }: Learner, own: LearnedState, prior: unknown): void {
  if (policy.sharedPrior?.refit(own.policy, prior) !== true) throw new Error("an entity was not refitted");
}

function observe(learner: Learner, { movies }: MovieData, { movie, stars }: Rating, ...states: LearnedState[]): void {
  const answer = learner.answer(states[0] as LearnedState, unasked, movies[movie]);
  learner.learn(answer, { kind: "NUMBER", number: stars }, ...states);
}

function predict(learner: Learner, state: LearnedState, movie: Float64Array): number {
  const { output } = learner.answer(state, unasked, movie);
  if (output.kind !== "NUMBER") throw new Error(`expected a number, got ${output.kind}`);
  return output.number;
}

function isMistaken(stars: number, rating: Rating): boolean {
  return stars >= LIKED_FROM - 0.5 !== rating.stars >= LIKED_FROM;
}

function meanErrors({ movies }: MovieData, users: readonly NewUser[]): Personalisation["movieMean"] {
  let squares = 0;
  let wrong = 0;
  for (const { heldOut } of users) {
    for (const rating of heldOut) {
      const stars = movies[rating.movie]?.[0] as number;
      squares += (stars - rating.stars) ** 2;
      if (isMistaken(stars, rating)) wrong += 1;
    }
  }
  const count = users.length * HELD_OUT;
  return { rmse: Math.sqrt(squares / count), likeError: wrong / count };
}

/** Until something is learned `linear` asks its members; the feature model's own output is no rating. */
function unasked(): MemberOutput {
  return { kind: "NUMBERS", numbers: Float64Array.of(0) };
}
