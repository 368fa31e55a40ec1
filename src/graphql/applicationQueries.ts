import { GraphQLFloat, GraphQLInputObjectType, GraphQLNonNull, GraphQLObjectType, GraphQLUnionType } from "graphql";
import { isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Prediction } from "../domain/prediction.js";
import { field, inputFields, listOf, objectFields, typeOf } from "./applicationParts.js";
import type { ApplicationParts, Field, Fields } from "./applicationParts.js";
import type { RequestContext } from "./context.js";
import { failingAlone } from "./failingAlone.js";
import { predictEach } from "./predictEach.js";
import { fromPrediction, fromRefusedPrediction, toPredictRequest, toPredictTerms } from "./predictionConverters.js";
import type { AskedPrediction } from "./predictionConverters.js";

/** What may be asked of one application. */
export function applicationQueries(parts: ApplicationParts): Fields {
  const result = predictResult(parts);
  return { predict: predictField(parts, result), predictMany: predictManyField(parts, result) };
}

function predictField(parts: ApplicationParts, result: GraphQLUnionType): Field {
  const { application, input } = parts;
  const { application: _, ...asked } = inputFields(parts, "PredictInput");
  const one = { type: new GraphQLNonNull(input.type), description: "What it is asked about." };
  return field(
    `Answers within ${application.sloMs} ms, from the application's models, its cache or its default output, and says which.`,
    new GraphQLNonNull(result),
    new GraphQLInputObjectType({
      name: "PredictInput",
      description: "What is to be predicted.",
      fields: { ...asked, input: one },
    }),
    (given: AskedPrediction & { readonly input: unknown }, context) => {
      return predictOne(parts, given, given.input, INPUT_PATH, context);
    },
  );
}

function predictManyField(parts: ApplicationParts, result: GraphQLUnionType): Field {
  const { input } = parts;
  const { application: _, ...asked } = inputFields(parts, "PredictManyInput");
  const inputs = { type: listOf(input.type), description: "At most 1,000." };
  return field(
    "One answer for each input, in their order. One input's failure does not fail the others. A document's predictions are at most 1,000 in all.",
    listOf(result),
    new GraphQLInputObjectType({
      name: "PredictManyInput",
      description: "What is to be predicted, for one entity or the population.",
      fields: { ...asked, inputs },
    }),
    (given: AskedPrediction & { readonly inputs: readonly unknown[] }, context) => {
      const terms = toPredictTerms(given, parts.application.name, context);
      const toAnswer = (answer: Prediction | Failure) => fromAnswer(parts, answer, context);
      return predictEach(terms, given.inputs, (each) => parts.input.toValue(each), toAnswer, context);
    },
  );
}

const INPUT_PATH = ["input", "input"] as const;

function predictOne(
  parts: ApplicationParts,
  asked: AskedPrediction,
  input: unknown,
  inputPath: readonly (string | number)[],
  context: RequestContext,
): object | Promise<object> {
  const application = parts.application.name;
  return failingAlone(
    context,
    () =>
      context.services.predict(toPredictRequest(asked, application, parts.input.toValue(input), inputPath, context)),
    (answer) => fromAnswer(parts, answer, context),
  );
}

function fromAnswer({ output }: ApplicationParts, answer: Prediction | Failure, { services }: RequestContext): object {
  if (isFailure(answer)) return fromRefusedPrediction(answer);
  return Object.assign(fromPrediction(answer, services.receiptOf), output.fromPrediction(answer));
}

/** A prediction as the schema of all has it, but for what depends on the application. */
function predictResult({ main, output }: ApplicationParts): GraphQLUnionType {
  const { output: _output, predictionSet: _set, models, ...same } = objectFields(main, "Prediction");
  const member = new GraphQLObjectType({
    ...(typeOf(main, "MemberPrediction") as GraphQLObjectType).toConfig(),
    fields: {
      ...objectFields(main, "MemberPrediction"),
      values: {
        type: listOf(GraphQLFloat),
        description: objectFields(main, "MemberPrediction")["values"]?.description ?? null,
      },
    },
  });
  const prediction = new GraphQLObjectType({
    name: "Prediction",
    description: "An answer, and where it came from.",
    fields: { ...same, models: { ...models, type: listOf(member) }, ...output.fields } as Fields,
  });
  const union = (typeOf(main, "PredictResult") as GraphQLUnionType).toConfig();
  const types = union.types.map((type) => (type.name === "Prediction" ? prediction : type));
  return new GraphQLUnionType({ ...union, types });
}
