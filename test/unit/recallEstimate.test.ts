import { describe, expect, test } from "@jest/globals";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { RecallEstimate } from "../../src/caching/recallEstimate.js";

const NEIGHBOURS = 4000;
const TRIAL_TABLES = 8;

/** In how many trial tables neighbours of these chances were found, and how often they really are in so many. */
function trial(chances: readonly number[]) {
  const random = seededRandom(5);
  const founds = Uint8Array.from({ length: NEIGHBOURS }, (_, i) => {
    const chance = chances[i % chances.length] as number;
    return Array.from({ length: TRIAL_TABLES }, random).filter((x) => x < chance).length;
  });
  const truth = (tables: number) =>
    chances.reduce((sum, chance) => sum + (1 - (1 - chance) ** tables), 0) / chances.length;
  return { estimate: new RecallEstimate(founds, TRIAL_TABLES), truth };
}

describe("the estimate of recall", () => {
  test("is that of independent tables where all neighbours are alike", () => {
    for (const chance of [0.05, 0.3, 0.9]) {
      const { estimate, truth } = trial([chance]);
      for (const tables of [1, 6, 24]) expect(Math.abs(estimate.recall(tables) - truth(tables))).toBeLessThan(0.025);
    }
  });

  test("is lower where some are harder to find, about as much as it is", () => {
    // Of the mean chance 0.3, ten tables would find 97 %.
    const { estimate, truth } = trial([0.04, 0.1, 0.2, 0.3, 0.5, 0.66]);
    expect(truth(10)).toBeLessThan(0.84);
    for (const tables of [1, 5, 10, 24]) expect(Math.abs(estimate.recall(tables) - truth(tables))).toBeLessThan(0.03);
  });

  test("is never certain, nor without hope", () => {
    expect(new RecallEstimate(new Uint8Array(10).fill(8), TRIAL_TABLES).recall(1)).toBeLessThan(1);
    const hopeless = new RecallEstimate(new Uint8Array(10), TRIAL_TABLES);
    expect(hopeless.recall(24)).toBeGreaterThan(0);
    expect(hopeless.recall(24)).toBeLessThan(0.001);
  });
});
