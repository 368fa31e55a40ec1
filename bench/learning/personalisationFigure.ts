import type { CsvRows } from "../figureFiles.js";
import { drawFigure } from "../plot.js";
import type { Point } from "../plot.js";
import { round } from "../statistics.js";
import { FEEDBACKS } from "./personalisationRun.js";
import type { Beginning, Personalisation } from "./personalisationRun.js";
import { READER_FEEDBACKS } from "./readersRun.js";
import type { ReaderErrors } from "./readersRun.js";

const BEGINNINGS: Readonly<Record<Beginning, string>> = {
  prior: "from the population, with its prior",
  population: "from the population",
  nothing: "from nothing",
};

export function drawPersonalisation(movies: Personalisation, news: ReaderErrors): string {
  return drawFigure({
    title: "Error of new users against their number of feedbacks",
    panels: [
      {
        title: `Ratings of movies, ${movies.users} new users (MovieLens 100K)`,
        x: { label: "feedbacks", from: 0, to: 50 },
        y: { label: "root mean square error, stars", from: 0.8, to: 1.3 },
        series: (Object.keys(BEGINNINGS) as Beginning[]).map((name) => ({
          label: BEGINNINGS[name],
          points: pointsOf(FEEDBACKS, movies.byBeginning[name].rmse),
        })),
        references: [{ axis: "y", at: movies.movieMean.rmse, label: "each movie's mean" }],
      },
      {
        title: `Likes of news, ${news.readers} new readers (BBC News)`,
        x: { label: "feedbacks", from: 0, to: 50 },
        y: { label: "error", from: 0 },
        series: [{ label: "an ensemble's weights for each reader", points: pointsOf(READER_FEEDBACKS, news.error) }],
        references: [{ axis: "y", at: news.sharedError, label: "the same weights for all" }],
      },
    ],
  });
}

function pointsOf(feedbacks: readonly number[], errors: readonly number[]): Point[] {
  return feedbacks.map((x, i) => ({ x, y: errors[i] as number }));
}

export function personalisationCsv(movies: Personalisation, news: ReaderErrors): CsvRows {
  const ofMovies = Object.entries(movies.byBeginning).flatMap(([name, { rmse, likeError }]) =>
    FEEDBACKS.map((feedbacks, i) => [
      "movies",
      name,
      feedbacks,
      round(rmse[i] as number),
      round(likeError[i] as number),
    ]),
  );
  const ofNews = READER_FEEDBACKS.map((feedbacks, i) => [
    "news",
    "state per reader",
    feedbacks,
    "",
    round(news.error[i] as number),
  ]);
  return [["data", "curve", "feedbacks", "root mean square error", "error"], ...ofMovies, ...ofNews];
}
