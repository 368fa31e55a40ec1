import { GraphQLInputObjectType, GraphQLList, GraphQLNonNull, GraphQLString } from "graphql";
import type { GraphQLInputFieldConfig, GraphQLUnionType } from "graphql";
import { sees } from "../domain/access.js";
import { isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Observed } from "../serving/observe.js";
import { field, inputFields, listOf, typeOf } from "./applicationParts.js";
import type { ApplicationParts, Fields } from "./applicationParts.js";
import type { RequestContext } from "./context.js";
import { failingAlone } from "./failingAlone.js";
import { fromActivated, fromObserved, fromRefusedObservation } from "./predictionConverters.js";

type Path = readonly (string | number)[];

/** What one application may be told. */
export function applicationMutations(parts: ApplicationParts): Fields {
  const { main, application } = parts;
  const observeInput = observeInputOf(parts);
  const result = new GraphQLNonNull(typeOf(main, "ObserveResult") as GraphQLUnionType);
  const observe = field(
    "Takes what turned out to be true for a prediction. Answers once it is durable and learned from.",
    result,
    observeInput,
    (given: GivenObservation, context) => {
      return failingAlone(context, () => observeOne(parts, given, ["input"], context));
    },
  );
  const observeMany = field(
    "One result for each, in their order. One that fails does not fail the others. At most 1,000.",
    new GraphQLNonNull(new GraphQLList(result)),
    new GraphQLInputObjectType({
      name: "ObserveManyInput",
      description: "What turned out to be true for several predictions.",
      fields: { observations: { type: listOf(observeInput), description: "At most 1,000." } },
    }),
    ({ observations }: { readonly observations: readonly GivenObservation[] }, context) => {
      return Promise.all(
        observations.map(async (each, i) =>
          failingAlone(context, () => observeOne(parts, each, ["input", "observations", i], context)),
        ),
      );
    },
  );
  const told = { observe, observeMany };
  return application.feedback.deferActivation ? { ...told, ...activations(parts) } : told;
}

interface GivenObservation {
  readonly of: {
    readonly receipt?: string;
    readonly example?: { readonly input: unknown; readonly entity?: string | null };
  };
  readonly key?: string | null;
  readonly supersedes?: string | null;
  readonly [truthOrReward: string]: unknown;
}

function observeInputOf(parts: ApplicationParts): GraphQLInputObjectType {
  const { of, truth: _, ...rest } = inputFields(parts, "ObserveInput");
  const { name, field: told } = parts.output.truth;
  const what = name === "reward" ? "A prediction, by its receipt." : (of?.description as string);
  return new GraphQLInputObjectType({
    name: "ObserveInput",
    description: name === "reward" ? "How good a prediction was." : "What turned out to be true, and of what.",
    fields: { of: { type: new GraphQLNonNull(targetOf(parts)), description: what }, ...rest, [name]: told },
  });
}

/** Rewards are of what was answered then: there is no example with one. */
function targetOf(parts: ApplicationParts): GraphQLInputObjectType {
  const { receipt, example } = inputFields(parts, "ObserveTargetInput");
  const { entity } = inputFields(parts, "ExampleInput");
  const exampleInput = new GraphQLInputObjectType({
    name: "ExampleInput",
    description: "An input whose truth is known, without a prediction: it is evaluated now.",
    fields: {
      input: { type: new GraphQLNonNull(parts.input.type), description: "The input." },
      entity: entity as GraphQLInputFieldConfig,
    },
  });
  const byReceipt = { receipt: receipt as GraphQLInputFieldConfig };
  const isReward = parts.output.truth.name === "reward";
  return new GraphQLInputObjectType({
    name: "ObserveTargetInput",
    description: "Exactly one of what can be observed.",
    isOneOf: true,
    fields: isReward ? byReceipt : { ...byReceipt, example: { ...example, type: exampleInput } },
  });
}

async function observeOne(
  { application, input, output }: ApplicationParts,
  given: GivenObservation,
  path: Path,
  { services, access }: RequestContext,
): Promise<object> {
  const { receipt, example } = given.of;
  const truth = output.truth.toTruth(given[output.truth.name]);
  const common = {
    truth,
    key: given.key ?? undefined,
    supersedes: given.supersedes ?? undefined,
    keyId: access.keyId,
    // A receipt of another application than the address's is not to be found here.
    isSeen: (name: string) => name === application.name && sees(access, name),
  };
  if (example === undefined) {
    return fromTyped(await services.observe({ ...common, target: { kind: "RECEIPT", receipt: receipt as string } }));
  }
  const inputPath = [...path, "of", "example", "input"];
  const evaluated = { application: application.name, input: input.toValue(example.input), inputPath };
  const target = { kind: "EXAMPLE", ...evaluated, entity: example.entity ?? undefined } as const;
  return fromTyped(await services.observe({ ...common, target }));

  /** Here the truth has no kind, and stands in a place of its own. */
  function fromTyped(answer: Observed | Failure): object {
    if (!isFailure(answer)) return fromObserved(answer);
    return fromRefusedObservation(answer, path, ([_kind, ...rest]) => [output.truth.name, ...rest]);
  }
}

function activations({ main, application }: ApplicationParts): Fields {
  const result = new GraphQLNonNull(typeOf(main, "ActivateResult") as GraphQLUnionType);
  const description = "Of a prediction of this application.";
  const receipt = { type: new GraphQLNonNull(GraphQLString), description };
  const activateOne = (
    given: string,
    path: readonly (string | number)[],
    context: RequestContext,
  ): object | Promise<object> => {
    const { services, access } = context;
    const isSeen = (name: string): boolean => name === application.name && sees(access, name);
    return failingAlone(context, () => services.activate(given, isSeen).then((answer) => fromActivated(answer, path)));
  };
  const activate = field(
    "Takes it that a prediction was shown: only now it counts. Answers once that is durable.",
    result,
    new GraphQLInputObjectType({
      name: "ActivateInput",
      description: "A prediction that was shown.",
      fields: { receipt },
    }),
    (given: { readonly receipt: string }, context) => {
      return activateOne(given.receipt, ["input", "receipt"], context);
    },
  );
  const activateMany = field(
    "One result for each, in their order. One that fails does not fail the others. At most 1,000.",
    new GraphQLNonNull(new GraphQLList(result)),
    new GraphQLInputObjectType({
      name: "ActivateManyInput",
      description: "Predictions that were shown.",
      fields: { receipts: { type: listOf(GraphQLString), description: "At most 1,000." } },
    }),
    ({ receipts }: { readonly receipts: readonly string[] }, context) => {
      return Promise.all(receipts.map(async (each, i) => activateOne(each, ["input", "receipts", i], context)));
    },
  );
  return { activate, activateMany };
}
