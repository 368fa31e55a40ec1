import { GraphQLEnumType, GraphQLFloat, GraphQLList, GraphQLNonNull, GraphQLObjectType } from "graphql";
import type {
  GraphQLEnumValueConfig,
  GraphQLFieldConfig,
  GraphQLFieldConfigMap,
  GraphQLInputFieldConfig,
} from "graphql";
import type { Application, Output } from "../domain/application.js";
import { failure, FailureError } from "../domain/failure.js";
import type { Prediction, PredictionSet } from "../domain/prediction.js";
import type { Truth } from "../domain/storePorts.js";
import { listOf } from "./applicationParts.js";
import { graphqlNames, NO_ENUM_VALUES } from "./graphqlNames.js";

type Fields = GraphQLFieldConfigMap<unknown, unknown>;

/** What an application answers, and what may turn out to be true, as GraphQL types, and from and to their values. */
export interface ApplicationOutput {
  /** Of a prediction. */
  readonly fields: Fields;
  readonly fromPrediction: (prediction: Prediction) => Readonly<Record<string, unknown>>;
  readonly truth: ApplicationTruth;
}

export interface ApplicationTruth {
  /** Name of the field that it is given in. */
  readonly name: "truth" | "reward";
  readonly field: GraphQLInputFieldConfig;
  readonly toTruth: (given: unknown) => Truth;
}

type Declared = Pick<Application, "output" | "defaultOutput" | "loss">;

const FLOATS = listOf(GraphQLFloat);
const SET = "Holds the truth in the application's `coverage` of cases, by what was observed so far; null without one.";

export function applicationOutput(declared: Declared): ApplicationOutput {
  const { output, loss } = declared;
  const typed = output.kind === "LABEL" ? labelOutput(declared, output.labels) : numbersOutput(output);
  if (loss.kind !== "REWARD") return typed;
  const field = {
    type: new GraphQLNonNull(GraphQLFloat),
    description: `How good the answer was: from ${loss.min} to ${loss.max}.`,
  };
  return {
    ...typed,
    truth: { name: "reward", field, toTruth: (reward) => ({ kind: "REWARD", reward: reward as number }) },
  };
}

function labelOutput({ defaultOutput }: Declared, labels: readonly string[]): ApplicationOutput {
  const label = labelEnum("Label", "What the application tells apart.", labels);
  const other = defaultOutput?.kind === "LABEL" && !labels.includes(defaultOutput.label) ? [defaultOutput.label] : [];
  // Labels first, so that their names are the same in both.
  const answered = [...labels, ...other];
  const given = labelEnum("OutputLabel", "A label, or what the default output has in its place.", answered);
  const known = new Set(answered);
  const probability = new GraphQLObjectType({
    name: "LabelProbability",
    description: "One label's share of the answer.",
    fields: {
      label: { type: new GraphQLNonNull(label), description: "The label." },
      probability: { type: new GraphQLNonNull(GraphQLFloat), description: "0 to 1; of all labels together 1." },
    },
  });
  const fields: Fields = {
    label: { type: new GraphQLNonNull(given), description: "The likeliest label, or the default output's." },
    probabilities: {
      type: listOf(probability),
      description: "Of all labels, likeliest first. Empty for a default output.",
    },
    predictionSet: { type: new GraphQLList(new GraphQLNonNull(label)), description: `Likeliest first. ${SET}` },
  };
  const fromPrediction = ({ output, predictionSet }: Prediction): Record<string, unknown> => {
    const found = ofKind(output, "LABEL");
    // Of all labels one may be new, and answered by none: an enum that does not have it would blank the whole answer.
    const isKnown = known.has(found.label) && (found.scores ?? []).every(({ label: of }) => known.has(of));
    if (!isKnown) throw changed();
    return {
      label: found.label,
      probabilities: () => (found.scores ?? []).map(({ label: of, score }) => ({ label: of, probability: score })),
      predictionSet: predictionSet?.kind === "LABELS" ? predictionSet.labels : undefined,
    };
  };
  const field = { type: new GraphQLNonNull(label), description: "The label that turned out to be true." };
  return { fields, fromPrediction, truth: { name: "truth", field, toTruth: toLabel } };
}

const toLabel = (label: unknown): Truth => ({ kind: "LABEL", label: label as string });

function numbersOutput(output: Exclude<Application["output"], { kind: "LABEL" }>): ApplicationOutput {
  const interval = new GraphQLObjectType({
    name: "Interval",
    description: "Bounds of a number.",
    fields: {
      low: { type: new GraphQLNonNull(GraphQLFloat), description: "The lower bound." },
      high: { type: new GraphQLNonNull(GraphQLFloat), description: "The upper bound." },
    },
  });
  if (output.kind === "NUMBER") {
    const number = { type: new GraphQLNonNull(GraphQLFloat), description: "What the models' numbers come to." };
    return {
      fields: { number, predictionSet: { type: interval, description: SET } },
      fromPrediction: (prediction) => ({
        number: ofKind(prediction.output, "NUMBER").number,
        predictionSet: intervalOf(prediction.predictionSet),
      }),
      truth: {
        name: "truth",
        field: { type: new GraphQLNonNull(GraphQLFloat), description: "The number that turned out to be true." },
        toTruth: (given) => ({ kind: "NUMBER", number: given as number }),
      },
    };
  }
  const vector: GraphQLFieldConfig<unknown, unknown> = { type: FLOATS, description: `${output.size} numbers.` };
  return {
    fields: { vector },
    fromPrediction: (prediction) => ({ vector: ofKind(prediction.output, "VECTOR").vector }),
    truth: {
      name: "truth",
      field: { type: FLOATS, description: `The ${output.size} numbers that turned out to be true.` },
      toTruth: (given) => ({ kind: "VECTOR", vector: given as number[] }),
    },
  };
}

function intervalOf(set: PredictionSet | undefined): object | undefined {
  return set?.kind === "INTERVAL" ? { low: set.low, high: set.high } : undefined;
}

function ofKind<K extends Output["kind"]>(output: Output, kind: K): Extract<Output, { kind: K }> {
  if (output.kind === kind) return output as Extract<Output, { kind: K }>;
  throw changed();
}

/** The application was another one by the time that its prediction was made. */
function changed(): FailureError {
  return new FailureError(failure("OVERLOADED", "the application's output has just been changed: ask again"));
}

function labelEnum(name: string, description: string, labels: readonly string[]): GraphQLEnumType {
  const names = graphqlNames(labels, NO_ENUM_VALUES);
  const values = labels.map((label, i): [string, GraphQLEnumValueConfig] => [
    names[i] as string,
    // As it is, whatever stands in it.
    { value: label, description: `The label ${JSON.stringify(label)}.` },
  ]);
  return new GraphQLEnumType({ name, description, values: Object.fromEntries(values) });
}
