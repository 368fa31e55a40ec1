import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { readPlan } from "../../src/cli/tourPlan.js";
import { readPassages } from "../support/passages.js";

const FOLDER = "examples/reading";

function json(name: string): unknown {
  return JSON.parse(readFileSync(`${FOLDER}/${name}`, "utf8"));
}

describe("the reading example", () => {
  const plan = readPlan(`${FOLDER}/tour.json`);
  const parts = { train: readPassages(`${FOLDER}/data/train.csv`), test: readPassages(`${FOLDER}/data/test.csv`) };

  test("has as many passages as it says, of the topics that its model knows", () => {
    const { passages: counts } = json("metrics.json") as { passages: object };
    expect({ train: parts.train.length, test: parts.test.length }).toEqual(counts);
    for (const part of Object.values(parts))
      expect([...new Set(part.map(({ topic }) => topic))].sort()).toEqual(plan.topics);
  });

  test("tests its model on other countries than it was trained on", () => {
    const known = new Set(parts.train.map(({ country }) => country));
    expect(parts.test.filter(({ country }) => known.has(country))).toEqual([]);
  });

  test("shows readers passages of the tests, as they stand there, each reader liking some and not others", () => {
    for (const passage of [...plan.asked, ...plan.shown]) expect(parts.test).toContainEqual(passage);
    expect(plan.shown.filter(({ text }) => plan.asked.some((asked) => asked.text === text))).toEqual([]);
    for (const likes of Object.values(plan.likes)) {
      const liked = plan.shown.filter(({ topic }) => likes.includes(topic)).length;
      expect(liked).toBeGreaterThan(0);
      expect(liked).toBeLessThan(plan.shown.length);
    }
  });
});
