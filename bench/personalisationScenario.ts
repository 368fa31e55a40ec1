import { setImmediate as nextTurn } from "node:timers/promises";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { writeFigure } from "./figureFiles.js";
import { prepareLearningData } from "./learning/learningData.js";
import { drawPersonalisation, personalisationCsv } from "./learning/personalisationFigure.js";
import { FEEDBACKS, readMovies, runPersonalisation } from "./learning/personalisationRun.js";
import type { Beginning, ErrorsByFeedback, Personalisation } from "./learning/personalisationRun.js";
import { READER_FEEDBACKS, runReaders } from "./learning/readersRun.js";
import type { ReaderErrors } from "./learning/readersRun.js";
import { readScoredItems } from "./learning/scoredItems.js";
import { round, show } from "./statistics.js";

export const PERSONALISATION: Scenario = {
  name: "personalisation",
  summary: "error of new users against their number of feedbacks: real ratings of movies, tastes for real news",
  // Everything is drawn once. Nothing is timed.
  repetition: { runs: 1, seconds: 1 },
  goals: [
    // The ancestors had .312 after one feedback, .362 before it.
    { figure: ["news", "ofColdAfter1"], atMost: 0.86 },
    { figure: ["movies", "ofColdAfter10"], atMost: 0.95 },
    { figure: ["movies", "coldOfMovieMean"], atMost: 1.02 },
    { figure: ["movies", "ofNothingAfter10"], atMost: 1 },
  ],
  measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const data = await prepareLearningData(bench);
  const movies = runPersonalisation(await readMovies(data));
  bench.progress(`  movies: ${movies.users} new users`);
  await nextTurn();
  const news = runReaders(await readScoredItems(data, "bbc"));
  bench.progress(`  news: ${news.readers} new readers`);
  await writeFigure(bench, "personalisation", {
    svg: () => drawPersonalisation(movies, news),
    csv: personalisationCsv(movies, news),
  });
  return { result: { movies: movieFigures(movies), news: newsFigures(news) }, table: tableOf(movies, news) };
}

function movieFigures({ users, byBeginning, movieMean }: Personalisation) {
  const { prior, nothing } = byBeginning;
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

function tableOf({ byBeginning, movieMean }: Personalisation, { error, sharedError }: ReaderErrors): Outcome["table"] {
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
    line("news, a state for each reader", error),
    line("news, one state for all", [sharedError]),
  ];
}
