import { setImmediate as nextTurn } from "node:timers/promises";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { writeFigure } from "./figureFiles.js";
import { prepareLearningData } from "./learning/learningData.js";
import { drawPersonalisation, personalisationCsv } from "./learning/personalisationFigure.js";
import { FEEDBACKS, readMovies, runPersonalisation } from "./learning/personalisationRun.js";
import type { Beginning, ErrorsByFeedback, Personalisation } from "./learning/personalisationRun.js";
import { READER_FEEDBACKS, runReaders } from "./learning/readersRun.js";
import type { NewsErrors } from "./learning/personalisationFigure.js";
import type { ReaderErrors } from "./learning/readersRun.js";
import { readScoredItems } from "./learning/scoredItems.js";
import { round, show } from "./statistics.js";

export const PERSONALISATION: Scenario = {
  name: "personalisation",
  summary: "error of new users against their number of feedbacks: real ratings of movies, tastes for real news",
  // Everything is drawn once. Nothing is timed.
  repetition: { runs: 1, seconds: 1 },
  goals: [
    { figure: ["news", "ensemble", "ofColdAfter10"], atMost: 0.7 },
    { figure: ["news", "prior", "ofColdAfter10"], atMost: 0.7 },
    { figure: ["movies", "ofColdAfter50"], atMost: 0.97 },
    { figure: ["movies", "coldOfMovieMean"], atMost: 1.02 },
    { figure: ["movies", "ofNothingAfter10"], atMost: 1 },
    // The first feedback does no harm.
    { figure: ["news", "linear", "ofColdAfter1"], atMost: 1.02 },
    { figure: ["movies", "populationOfColdAfter1"], atMost: 1.02 },
  ],
  measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const data = await prepareLearningData(bench);
  const movies = runPersonalisation(await readMovies(data));
  bench.progress(`  movies: ${movies.users} new users`);
  await nextTurn();
  const items = await readScoredItems(data, "bbc");
  const news: NewsErrors = {
    ensemble: runReaders(items, "ensemble"),
    linear: runReaders(items, "linear"),
    ridge: runReaders(items, "ridge"),
    prior: runReaders(items, "prior"),
    refitted: runReaders(items, "refitted"),
  };
  bench.progress(`  news: ${news.linear.readers} new readers`);
  await writeFigure(bench, "personalisation", {
    svg: () => drawPersonalisation(movies, news),
    csv: personalisationCsv(movies, news),
  });
  const ofNews = Object.fromEntries(Object.entries(news).map(([name, errors]) => [name, newsFigures(errors)]));
  return { result: { movies: movieFigures(movies), news: ofNews }, table: tableOf(movies, news) };
}

function movieFigures({ users, byBeginning, movieMean }: Personalisation) {
  const { prior, population, nothing } = byBeginning;
  const cold = prior.rmse[0] as number;
  const after = (curve: ErrorsByFeedback, feedbacks: number): number =>
    curve.rmse[FEEDBACKS.findIndex((one) => one === feedbacks)] as number;
  const rounded = ({ rmse, likeError }: ErrorsByFeedback) => ({
    rmse: rmse.map(round),
    likeError: likeError.map(round),
  });
  return {
    users,
    feedbacks: FEEDBACKS,
    ...Object.fromEntries(Object.entries(byBeginning).map(([name, curve]) => [name, rounded(curve)])),
    movieMean: { rmse: round(movieMean.rmse), likeError: round(movieMean.likeError) },
    ofColdAfter1: round(after(prior, 1) / cold),
    ofColdAfter10: round(after(prior, 10) / cold),
    ofColdAfter50: round(after(prior, 50) / cold),
    populationOfColdAfter1: round(after(population, 1) / (population.rmse[0] as number)),
    coldOfMovieMean: round(cold / movieMean.rmse),
    ofNothingAfter10: round(after(prior, 10) / after(nothing, 10)),
  };
}

function newsFigures({ readers, error, sharedError }: ReaderErrors) {
  const cold = error[0] as number;
  return {
    readers,
    feedbacks: READER_FEEDBACKS,
    error: error.map(round),
    sharedError: round(sharedError),
    ofColdAfter1: round((error[1] as number) / cold),
    ofColdAfter10: round((error[READER_FEEDBACKS.indexOf(10)] as number) / cold),
  };
}

function tableOf(
  { byBeginning, movieMean }: Personalisation,
  { ensemble, linear, ridge, prior, refitted }: NewsErrors,
): Outcome["table"] {
  const line = (name: string, values: readonly number[]): string[] => [
    name,
    ...values.map((value) => show(round(value))),
  ];
  return [
    ["feedbacks", ...FEEDBACKS.map(String)],
    ...(Object.keys(byBeginning) as Beginning[]).flatMap((name) => [
      line(`movies, from ${name}: root mean square error`, byBeginning[name].rmse),
      line(`movies, from ${name}: liked or not`, byBeginning[name].likeError),
    ]),
    line("movies, each one's mean", [movieMean.rmse, movieMean.likeError]),
    line("news, an ensemble's weights for each reader", ensemble.error),
    line("news, an ensemble's weights for all", [ensemble.sharedError]),
    line("news, linear over the members' outputs for each reader", linear.error),
    line("news, the same with a ridge of 1", ridge.error),
    line("news, the same with the population's prior", prior.error),
    line("news, the same refitted to that prior after ten feedbacks", refitted.error),
    line("news, linear over the members' outputs for all", [linear.sharedError]),
  ];
}
