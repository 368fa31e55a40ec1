import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { sees } from "../domain/access.js";
import { isFailure } from "../domain/failure.js";
import { toInputValue } from "../serving/givenInputs.js";
import type { GivenInput } from "../domain/givenInput.js";
import type { RequestContext } from "./context.js";
import { failingAlone } from "./failingAlone.js";
import { predictEach } from "./predictEach.js";
import {
  fromActivated,
  fromObserved,
  fromPrediction,
  fromRefusedObservation,
  toObserveRequest,
  toPredictRequest,
  toPredictTerms,
} from "./predictionConverters.js";
import type { AskedPrediction } from "./predictionConverters.js";
import {
  ActivateInput,
  ActivateManyInput,
  ObserveInput,
  ObserveManyInput,
  PredictInput,
  PredictManyInput,
} from "./predictionInputs.js";
import { ActivateResultUnion, ObserveResultUnion, PredictResultUnion } from "./predictionTypes.js";

type Path = readonly (string | number)[];

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
    return predictOne(input, input.input, INPUT_PATH, context);
  }

  @Query(() => [PredictResultUnion], {
    description:
      "One answer for each input, in their order. One input's failure does not fail the others. A document's predictions are at most 1,000 in all.",
  })
  predictMany(
    @Arg("input", () => PredictManyInput) input: PredictManyInput,
    @Ctx() context: RequestContext,
  ): object[] | Promise<object[]> {
    const { services } = context;
    return predictEach(
      toPredictTerms(input, input.application, context),
      input.inputs,
      toInputValue,
      (answer) => fromPrediction(answer, services.receiptOf),
      context,
    );
  }

  @Mutation(() => ObserveResultUnion, {
    description: "Takes what turned out to be true for a prediction. Answers once it is durable and learned from.",
  })
  observe(
    @Arg("input", () => ObserveInput) input: ObserveInput,
    @Ctx() context: RequestContext,
  ): object | Promise<object> {
    return observeOne(input, ["input"], context);
  }

  @Mutation(() => [ObserveResultUnion], {
    description: "One result for each, in their order. One that fails does not fail the others. At most 1,000.",
  })
  observeMany(
    @Arg("input", () => ObserveManyInput) { observations }: ObserveManyInput,
    @Ctx() context: RequestContext,
  ): Promise<object[]> {
    return Promise.all(
      observations.map(async (each, i) => observeOne(each, ["input", "observations", i], context, true)),
    );
  }

  @Mutation(() => ActivateResultUnion, {
    description:
      "Takes it that a prediction was shown, of an application with `deferActivation`: only now it counts. Answers once that is durable.",
  })
  activate(
    @Arg("input", () => ActivateInput) { receipt }: ActivateInput,
    @Ctx() context: RequestContext,
  ): object | Promise<object> {
    return activateOne(receipt, ["input", "receipt"], context);
  }

  @Mutation(() => [ActivateResultUnion], {
    description: "One result for each, in their order. One that fails does not fail the others. At most 1,000.",
  })
  activateMany(
    @Arg("input", () => ActivateManyInput) { receipts }: ActivateManyInput,
    @Ctx() context: RequestContext,
  ): Promise<object[]> {
    return Promise.all(receipts.map(async (receipt, i) => activateOne(receipt, ["input", "receipts", i], context)));
  }
}

function predictOne(
  asked: AskedPrediction & { readonly application: string },
  input: GivenInput,
  inputPath: Path,
  context: RequestContext,
): object | Promise<object> {
  const { services } = context;
  const { application } = asked;
  return failingAlone(
    context,
    () => services.predict(toPredictRequest(asked, application, toInputValue(input), inputPath, context)),
    (answer) => fromPrediction(answer, services.receiptOf),
  );
}

function observeOne(
  input: ObserveInput,
  path: Path,
  context: RequestContext,
  isOneOfMany = false,
): object | Promise<object> {
  const { services, access } = context;
  return failingAlone(context, () => {
    const isSeen = (application: string): boolean => sees(access, application);
    const request = toObserveRequest(input, path, { isSeen, keyId: access.keyId, isOneOfMany });
    if (isFailure(request)) return fromRefusedObservation(request, path);
    return services
      .observe(request)
      .then((answer) => (isFailure(answer) ? fromRefusedObservation(answer, path) : fromObserved(answer)));
  });
}

function activateOne(receipt: string, path: Path, context: RequestContext): object | Promise<object> {
  const { services, access } = context;
  return failingAlone(context, () =>
    services
      .activate(receipt, (application) => sees(access, application))
      .then((answer) => fromActivated(answer, path)),
  );
}

const INPUT_PATH = ["input", "input"] as const;
