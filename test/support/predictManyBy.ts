import type { Services } from "../../src/graphql/context.js";

/** Serves several rows by what serves one. */
export function predictManyBy(predict: Services["predict"]): Services["predictMany"] {
  return (terms, { count, inputOf, pathOf, answerOf, defectOf }) =>
    Promise.all(
      Array.from({ length: count }, async (_, i) => {
        try {
          return answerOf(await predict({ ...terms, input: inputOf(i), inputPath: pathOf(i) }));
        } catch (error) {
          return defectOf(error);
        }
      }),
    );
}
