import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { isFailure } from "../domain/failure.js";
import { toInputValue } from "../serving/givenInputs.js";
import type { RequestContext } from "./context.js";
import { fromFailure, fromObserved, fromPrediction, toTruth } from "./predictionConverters.js";
import { ObserveInput, PredictInput, PredictManyInput } from "./predictionInputs.js";
import { ObserveResultUnion, PredictResultUnion } from "./predictionTypes.js";

@Resolver()
export class PredictionResolver {
  @Query(() => PredictResultUnion, {
    description:
      "Answers within the application's objective, from its models, its cache or its default output, and says which.",
  })
  async predict(
    @Arg("input", () => PredictInput) input: PredictInput,
    @Ctx() context: RequestContext,
  ): Promise<object> {
    const { services, arrivalMs, rows, caller } = context;
    rows.take(1);
    const answer = await services.predict({
      application: input.application,
      input: toInputValue(input.input),
      inputPath: INPUT_PATH,
      entity: input.entity ?? undefined,
      deadlineMs: input.deadlineMs ?? undefined,
      priority: input.priority ?? "INTERACTIVE",
      explain: input.explain ?? false,
      arrivalMs,
      caller,
    });
    return fromPrediction(answer, services.receiptOf);
  }

  @Query(() => [PredictResultUnion], {
    description:
      "One answer for each input, in their order. One input's failure does not fail the others. A document's predictions are at most 1,000 in all.",
  })
  async predictMany(
    @Arg("input", () => PredictManyInput) input: PredictManyInput,
    @Ctx() { services, arrivalMs, rows, caller }: RequestContext,
  ): Promise<object[]> {
    rows.take(input.inputs.length);
    const common = {
      application: input.application,
      entity: input.entity ?? undefined,
      deadlineMs: input.deadlineMs ?? undefined,
      priority: input.priority ?? "INTERACTIVE",
      explain: input.explain ?? false,
      arrivalMs,
      caller,
    };
    const answers = await Promise.all(
      input.inputs.map((one, i) => {
        const inputPath = ["input", "inputs", i];
        return services.predict({ ...common, input: toInputValue(one), inputPath });
      }),
    );
    return answers.map((answer) => fromPrediction(answer, services.receiptOf));
  }

  @Mutation(() => ObserveResultUnion, {
    description: "Takes what turned out to be true for a prediction. Answers once it is durable.",
  })
  async observe(
    @Arg("input", () => ObserveInput) input: ObserveInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const truth = toTruth(input.truth);
    if (isFailure(truth)) return fromFailure(truth);
    return fromObserved(await services.observe({ receipt: input.receipt, truth, key: input.key ?? undefined }));
  }
}

const INPUT_PATH = ["input", "input"] as const;
