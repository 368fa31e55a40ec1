import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { sees } from "../domain/access.js";
import { isFailure } from "../domain/failure.js";
import { toInputValue } from "../serving/givenInputs.js";
import type { RequestContext } from "./context.js";
import {
  fromActivated,
  fromFailure,
  fromObserved,
  fromPrediction,
  toObserveRequest,
  toPredictRequest,
} from "./predictionConverters.js";
import {
  ActivateInput,
  ActivateManyInput,
  ObserveInput,
  ObserveManyInput,
  PredictInput,
  PredictManyInput,
} from "./predictionInputs.js";
import { ActivateResultUnion, ObserveResultUnion, PredictResultUnion } from "./predictionTypes.js";

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
    const { services, rows } = context;
    rows.take(1);
    const { application } = input;
    const request = toPredictRequest(input, context);
    const answer = services.predict({
      ...request,
      application,
      input: toInputValue(input.input),
      inputPath: INPUT_PATH,
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
    @Ctx() context: RequestContext,
  ): Promise<object[]> {
    const { services, rows } = context;
    rows.take(input.inputs.length);
    const common = { ...toPredictRequest(input, context), application: input.application };
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
  observe(@Arg("input", () => ObserveInput) input: ObserveInput, @Ctx() context: RequestContext): Promise<object> {
    context.rows.take(1);
    return observeOne(input, ["input"], context);
  }

  @Mutation(() => [ObserveResultUnion], {
    description: "One result for each, in their order. One that fails does not fail the others. At most 1,000.",
  })
  async observeMany(
    @Arg("input", () => ObserveManyInput) { observations }: ObserveManyInput,
    @Ctx() context: RequestContext,
  ): Promise<object[]> {
    context.rows.take(observations.length);
    return Promise.all(observations.map((each, i) => observeOne(each, ["input", "observations", i], context)));
  }

  @Mutation(() => ActivateResultUnion, {
    description:
      "Takes it that a prediction was shown, of an application with `deferActivation`: only now it counts. Answers once that is durable.",
  })
  async activate(
    @Arg("input", () => ActivateInput) { receipt }: ActivateInput,
    @Ctx() { services, rows, access }: RequestContext,
  ): Promise<object> {
    rows.take(1);
    return fromActivated(await services.activate(receipt, (application) => sees(access, application)));
  }

  @Mutation(() => [ActivateResultUnion], {
    description: "One result for each, in their order. One that fails does not fail the others. At most 1,000.",
  })
  async activateMany(
    @Arg("input", () => ActivateManyInput) { receipts }: ActivateManyInput,
    @Ctx() { services, rows, access }: RequestContext,
  ): Promise<object[]> {
    rows.take(receipts.length);
    const isSeen = (application: string): boolean => sees(access, application);
    return Promise.all(receipts.map(async (receipt) => fromActivated(await services.activate(receipt, isSeen))));
  }
}

function observeOne(
  input: ObserveInput,
  path: readonly (string | number)[],
  { services, access }: RequestContext,
): Promise<object> {
  const isSeen = (application: string): boolean => sees(access, application);
  const request = toObserveRequest(input, path, { isSeen, keyId: access.keyId });
  return isFailure(request) ? Promise.resolve(fromFailure(request)) : services.observe(request).then(fromObserved);
}

const INPUT_PATH = ["input", "input"] as const;
