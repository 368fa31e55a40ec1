import type { CsvRows } from "../figureFiles.js";
import { drawFigure } from "../plot.js";
import type { Point } from "../plot.js";
import { round } from "../statistics.js";
import { FEEDBACKS } from "./personalisationRun.js";
import type { Beginning, Personalisation } from "./personalisationRun.js";
import { READER_FEEDBACKS } from "./readersRun.js";
import type { ReaderErrors, ReaderLearning } from "./readersRun.js";

export type NewsErrors = Readonly<Record<ReaderLearning, ReaderErrors>>;

const BEGINNINGS: Readonly<Record<Beginning, string>> = {
  prior: "from the population, with its prior",
  population: "from the population",
  refitted: "the same, refitted to the prior after ten",
  ridge: "the same with a ridge of 1",
  nothing: "from nothing",
};

export function drawPersonalisation(movies: Personalisation, news: NewsErrors): string {
  return drawFigure({
    title: "Error of new users against their number of feedbacks",
    panels: [
      {
        title: `Ratings of movies, ${movies.users} new users (MovieLens 100K)`,
        x: { label: "feedbacks", from: 0, to: 50 },
        y: { label: "root mean square error, stars", from: 0.8, to: 1.7 },
        series: (Object.keys(BEGINNINGS) as Beginning[]).map((name) => ({
          label: BEGINNINGS[name],
          points: pointsOf(FEEDBACKS, movies.byBeginning[name].rmse),
        })),
        references: [{ axis: "y", at: movies.movieMean.rmse, label: "each movie's mean" }],
      },
      {
        title: `Likes of news, ${news.linear.readers} new readers (BBC News)`,
        x: { label: "feedbacks", from: 0, to: 50 },
        y: { label: "error", from: 0 },
        series: [
          { label: "an ensemble's weights for each", points: pointsOf(READER_FEEDBACKS, news.ensemble.error) },
          { label: "linear over members' outputs", points: pointsOf(READER_FEEDBACKS, news.linear.error) },
          { label: "the same with a ridge of 1", points: pointsOf(READER_FEEDBACKS, news.ridge.error) },
          { label: "the same, with the population's prior", points: pointsOf(READER_FEEDBACKS, news.prior.error) },
          {
            label: "the same, refitted to the prior after ten",
            points: pointsOf(READER_FEEDBACKS, news.refitted.error),
          },
        ],
        references: [{ axis: "y", at: news.linear.sharedError, label: "one state for all" }],
      },
    ],
  });
}

function pointsOf(feedbacks: readonly number[], errors: readonly number[]): Point[] {
  return feedbacks.map((x, i) => ({ x, y: errors[i] as number }));
}

export function personalisationCsv(movies: Personalisation, news: NewsErrors): CsvRows {
  const ofMovies = Object.entries(movies.byBeginning).flatMap(([name, { rmse, likeError }]) =>
    FEEDBACKS.map((feedbacks, i) => [
      "movies",
      name,
      feedbacks,
      round(rmse[i] as number),
      round(likeError[i] as number),
    ]),
  );
  const ofNews = (Object.keys(news) as ReaderLearning[]).flatMap((learning) =>
    READER_FEEDBACKS.map((feedbacks, i) => [
      "news",
      `${learning}, a state per reader`,
      feedbacks,
      "",
      round(news[learning].error[i] as number),
    ]),
  );
  return [["data", "curve", "feedbacks", "root mean square error", "error"], ...ofMovies, ...ofNews];
}
