import type { Failure } from "../domain/failure.js";
import type { Prediction } from "../domain/prediction.js";
import type { InputValue } from "../serving/inputRow.js";
import type { PredictTerms } from "../serving/predict.js";
import type { RequestContext } from "./context.js";
import { fromDefect } from "./failingAlone.js";

/** What `predictMany` answers for its inputs, whichever schema asks: a defect in one is its own INTERNAL. */
export function predictEach<Given>(
  terms: PredictTerms,
  inputs: readonly Given[],
  toInput: (given: Given) => InputValue,
  answerOf: (answer: Prediction | Failure) => object,
  context: RequestContext,
): object[] | Promise<object[]> {
  const defectOf = (error: unknown): object => fromDefect(context, error);
  const allDefect = (error: unknown): object[] => inputs.map(() => defectOf(error));
  try {
    const answers = context.services.predictMany(terms, {
      count: inputs.length,
      inputOf: (i) => toInput(inputs[i] as Given),
      pathOf: (i) => ["input", "inputs", i],
      answerOf,
      defectOf,
    });
    return answers instanceof Promise ? answers.catch(allDefect) : answers;
  } catch (error) {
    return allDefect(error);
  }
}
