import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { isFailure } from "../domain/failure.js";
import { toInputValue } from "../serving/givenInputs.js";
import type { RequestContext } from "./context.js";
import { fromFailure, fromObserved, fromPrediction, toObserveRequest } from "./predictionConverters.js";
import { ObserveInput, PredictInput, PredictManyInput } from "./predictionInputs.js";
import { ObserveResultUnion, PredictResultUnion } from "./predictionTypes.js";

@Resolver()
export class PredictionResolver {
  @Query(() => PredictResultUnion, {
    description:
      "Answers within the application's objective, from its models, its cache or its default output, and says which.",
  })
  predict(
    @Arg("input", () => PredictInput) input: PredictInput,
    @Ctx() context: RequestContext,
  ): object | Promise<object> {
    const { services, arrivalMs, rows, caller } = context;
    rows.take(1);
    const answer = services.predict({
      application: input.application,
      input: toInputValue(input.input),
      inputPath: INPUT_PATH,
      entity: input.entity ?? undefined,
      deadlineMs: input.deadlineMs ?? undefined,
      priority: input.priority ?? "INTERACTIVE",
      explain: input.explain ?? false,
      minStateSeq: input.minStateSeq ?? undefined,
      arrivalMs,
      caller,
    });
    if (!(answer instanceof Promise)) return fromPrediction(answer, services.receiptOf);
    return answer.then((awaited) => fromPrediction(awaited, services.receiptOf));
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
      minStateSeq: input.minStateSeq ?? undefined,
      arrivalMs,
      caller,
    };
    const asked = input.inputs.map(async (one, i) => {
      const inputPath = ["input", "inputs", i];
      return services.predict({ ...common, input: toInputValue(one), inputPath });
    });
    const answers = await Promise.all(asked);
    return answers.map((answer) => fromPrediction(answer, services.receiptOf));
  }

  @Mutation(() => ObserveResultUnion, {
    description: "Takes what turned out to be true for a prediction. Answers once it is durable and learned from.",
  })
  async observe(
    @Arg("input", () => ObserveInput) input: ObserveInput,
    @Ctx() context: RequestContext,
  ): Promise<object> {
    context.rows.take(1);
    return observeOne(input, ["input"], context);
  }

  @Mutation(() => [ObserveResultUnion], {
    description: "One result for each, in their order. One that fails does not fail the others. At most 1,000.",
  })
  async observeMany(
    @Arg("inputs", () => [ObserveInput]) inputs: ObserveInput[],
    @Ctx() context: RequestContext,
  ): Promise<object[]> {
    context.rows.take(inputs.length);
    return Promise.all(inputs.map((input, i) => observeOne(input, ["inputs", i], context)));
  }
}

async function observeOne(
  input: ObserveInput,
  path: readonly (string | number)[],
  { services }: RequestContext,
): Promise<object> {
  const request = toObserveRequest(input, path);
  return isFailure(request) ? fromFailure(request) : fromObserved(await services.observe(request));
}

const INPUT_PATH = ["input", "input"] as const;
