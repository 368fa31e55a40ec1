import { describe, expect, test } from "@jest/globals";
import type { ReaderAnswer, ReaderState, ReceiptContent } from "../../src/cli/tourClient.js";
import { readPlan } from "../../src/cli/tourPlan.js";
import { runTour } from "../../src/cli/tourSteps.js";
import type { Tour } from "../../src/cli/tourSteps.js";
import { table, wrapped } from "../../src/cli/tourText.js";

const ANSWER: ReaderAnswer = {
  label: "read",
  read: 0.5,
  confidence: 0,
  source: "MODEL",
  personalised: false,
  stateSeq: 0,
  receipt: "r",
};
const STATE: ReaderState = { policyVersion: 1, personalised: false, observations: 0, read: undefined };
const CONTENT: ReceiptContent = {
  application: "reading",
  policyVersion: 1,
  entity: "ann",
  source: "MODEL",
  context: [],
  agreement: 0,
  answer: [0.5, 0.5],
};

/** The tour of a server whose answers are these; what it said, and how it ended. */
async function tourOf(answers: (entity: string, told: ReadonlySet<string>) => Partial<ReaderAnswer>) {
  const told = new Set<string>();
  let reader = "";
  const said: string[] = [];
  const client: Tour["client"] = {
    predict: (entity) => {
      reader = entity;
      return Promise.resolve({ ...ANSWER, ...answers(entity, told) });
    },
    observe: () => {
      told.add(reader);
      return Promise.resolve(1);
    },
    learned: () => Promise.resolve(STATE),
    explain: () => Promise.resolve(CONTENT),
    reset: () => Promise.resolve(),
  };
  const tour = {
    client,
    url: "",
    isOwn: true,
    say: (text: string) => void said.push(text),
    wait: () => Promise.resolve(),
  };
  const problem = await runTour(tour, readPlan("examples/reading/tour.json")).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { problem, said: said.join("\n") };
}

describe("the tour", () => {
  test("does not claim that a reader learned where nothing was learned", async () => {
    expect((await tourOf(() => ({}))).problem).toMatch(/not as promised: Ben was to have learned weights of his own/);
  });

  test("does not claim that others stayed as they were where they changed", async () => {
    const { problem, said } = await tourOf((entity, told) => {
      if (told.size === 0) return {};
      const personalised = told.has(entity);
      return told.has("ann") ? { personalised, read: 0.9 } : { personalised, read: 0.1, label: "skip" };
    });
    expect(problem).toMatch(/not as promised: Ben's answer was to have stayed/);
    expect(said).not.toContain("to the last bit");
  });
});

describe("the tour's text", () => {
  test("wraps between words, each line behind the indent and none wider than 88 columns", () => {
    const lines = wrapped("word ".repeat(60).trim(), "  ").split("\n");
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line).toMatch(/^ {2}word( word)*$/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(88);
  });

  test("has numbers to the right of their columns and words to the left", () => {
    const lines = table(
      ["who", "what"],
      [
        ["ann", "-1.5"],
        ["benjamin", "+10.25"],
      ],
    ).split("\n");
    expect(lines).toEqual(["  who         what", "  --------  ------", "  ann         -1.5", "  benjamin  +10.25"]);
  });
});
