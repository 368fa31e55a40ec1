import { confidenceOf, predictionSetOf } from "../correction/learnedState.js";
import type { Output } from "../domain/application.js";
import type { Failure } from "../domain/failure.js";
import type { DefaultReason, Explanation, Prediction, PredictionSet, PredictionSource } from "../domain/prediction.js";
import type { StateInUse } from "../learning/learning.js";
import type { Asked } from "./ask.js";
import type { ServedApplication } from "./catalogue.js";
import type { Gathered } from "./gather.js";
import { reasonFor, typedFailure } from "./memberFailures.js";
import type { PredictDependencies, PredictTerms } from "./predict.js";

/** What is answered, and why it is that. */
interface Decision {
  readonly output: Output;
  readonly source: PredictionSource;
  readonly defaultReason: DefaultReason | undefined;
  readonly confidence: number | undefined;
  readonly belowThreshold: boolean;
  readonly predictionSet: PredictionSet | undefined;
}

/** The prediction that follows from what the models said and what was learned; a failure where there is nothing to give. */
export function answer(
  deps: PredictDependencies,
  served: ServedApplication,
  request: PredictTerms,
  state: StateInUse,
  asked: Asked,
  explanation: Explanation | undefined,
): Prediction | Failure {
  const { application } = served;
  const decision = decide(served, state, asked);
  if (decision === undefined) return typedFailure(application, asked.missing);
  // In one literal, since every answer is one: copying a half-made one costs more than all the rest of it.
  return {
    kind: "prediction",
    id: deps.newPredictionId(),
    application: application.name,
    policyVersion: application.policyVersion,
    entity: request.entity,
    output: decision.output,
    confidence: decision.confidence,
    belowThreshold: decision.belowThreshold,
    personalised: state.personalised,
    stateSeq: deps.learning.knownSeq(application.name),
    stateAgeMs: deps.learning.ageMs(application.name),
    predictionSet: decision.predictionSet,
    combined: asked.combined,
    source: decision.source,
    defaultReason: decision.defaultReason,
    models: asked.present,
    modelsMissing: asked.missing,
    latencyMs: deps.clock.nowMs() - request.arrivalMs,
    explanation,
    atMs: deps.clock.wallMs(),
  };
}

function decide({ application }: ServedApplication, { population }: StateInUse, asked: Asked): Decision | undefined {
  const { defaultOutput, confidenceThreshold, coverage, feedback } = application;
  const { combined, missing } = asked;
  if (combined === undefined) {
    return defaultOutput && givenDefault(defaultOutput, reasonFor(missing), undefined, undefined);
  }
  const confidence = confidenceOf(population.state, combined.agreement);
  const predictionSet =
    coverage === undefined ? undefined : predictionSetOf(population.state, combined.output, coverage);
  if (feedback.apprentice && defaultOutput !== undefined) {
    return givenDefault(defaultOutput, "APPRENTICE", confidence, predictionSet);
  }
  const belowThreshold = confidenceThreshold !== undefined && confidence < confidenceThreshold;
  if (belowThreshold && defaultOutput !== undefined) {
    return givenDefault(defaultOutput, "LOW_CONFIDENCE", confidence, predictionSet);
  }
  const { output } = combined;
  return { output, source: sourceOf(asked), defaultReason: undefined, confidence, belowThreshold, predictionSet };
}

function givenDefault(
  output: Output,
  defaultReason: DefaultReason,
  confidence: number | undefined,
  predictionSet: PredictionSet | undefined,
): Decision {
  return { output, source: "DEFAULT", defaultReason, confidence, belowThreshold: false, predictionSet };
}

function sourceOf({ present, missing }: Gathered): PredictionSource {
  if (missing.length > 0) return "PARTIAL";
  if (present.some((member) => member.source === "APPROXIMATE")) return "APPROXIMATE";
  if (present.length > 0 && present.every((member) => member.source === "CACHE")) return "CACHE";
  return present.length > 1 ? "ENSEMBLE" : "MODEL";
}
