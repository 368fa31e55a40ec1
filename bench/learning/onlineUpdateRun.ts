/**
 * The folding of the scenario `online-update`, in a process of its own:
 * `node dist/bench/learning/onlineUpdateRun.js FEATURES ROUNDS`. Prints its `UpdateFigures` as JSON.
 */
import type { Lesson } from "../../src/correction/folding.js";
import { seededRandom, normal } from "../simulation/seededRandom.js";
import { Learner } from "./learner.js";

export interface UpdateFigures {
  /** Microseconds for one observation folded into one state; a number for each round. */
  readonly foldMicroseconds: readonly number[];
  /** Of one answer from a state that has just learned, which solves for its weights. */
  readonly answerMicroseconds: readonly number[];
}

/** So many different observations, again and again. */
const LESSONS = 256;
const ROUND_MS = 400;

function run(features: number, rounds: number): UpdateFigures {
  const random = seededRandom(features);
  const learner = new Learner({
    policy: { kind: "linear", featureModel: "features" },
    output: { kind: "NUMBER" },
    loss: { kind: "SQUARED", range: 10 },
    models: ["features"],
    random,
  });
  const state = learner.folding.inherit(learner.folding.init());
  const lessons = Array.from({ length: LESSONS }, (): Lesson => {
    const context = Float64Array.from({ length: features }, () => normal(random));
    const evidence = { answered: [], choice: undefined, context };
    const answer = { output: { kind: "NUMBERS", numbers: Float64Array.of(normal(random)) }, agreement: 0.5 } as const;
    return { evidence, answer, truth: { kind: "NUMBER", number: normal(random) } };
  });
  const fold = (i: number): void => void learner.folding.observe(state, lessons[i % LESSONS] as Lesson);
  const answer = (i: number): void => {
    const { context } = (lessons[i % LESSONS] as Lesson).evidence;
    learner.answer(state, () => ({ kind: "NUMBERS", numbers: Float64Array.of(0) }), context);
  };
  // One observation knows how many features there are; then all is compiled.
  timed(fold);
  timed(answer);
  return {
    foldMicroseconds: Array.from({ length: rounds }, () => timed(fold)),
    answerMicroseconds: Array.from(
      { length: rounds },
      () => timed((i) => answerAfterFold(fold, answer, i)) - timed(fold),
    ),
  };
}

function answerAfterFold(fold: (i: number) => void, answer: (i: number) => void, i: number): void {
  fold(i);
  answer(i);
}

/** Microseconds of one call, the mean of a round. */
function timed(call: (i: number) => void): number {
  const startedMs = performance.now();
  let calls = 0;
  let elapsedMs = 0;
  while (elapsedMs < ROUND_MS) {
    for (let i = 0; i < 16; i++) call(calls + i);
    calls += 16;
    elapsedMs = performance.now() - startedMs;
  }
  return (1000 * elapsedMs) / calls;
}

const [features, rounds] = process.argv.slice(2).map(Number);
if (features !== undefined && rounds !== undefined) process.stdout.write(JSON.stringify(run(features, rounds)));
