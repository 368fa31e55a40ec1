import type { FeedbackRules } from "../domain/application.js";
import type { LossSpec, PolicyKind, PolicySpec } from "../domain/policySpec.js";
import { POLICY_KINDS, requestName } from "../domain/requestNames.js";
import type { FeedbackPatch } from "../domain/storePorts.js";
import type { ContextInput, LinearPriorInput, LossInput, PolicyInput } from "./policyInputs.js";
import type { FeedbackInput } from "./policyTypes.js";

const KINDS = new Map(POLICY_KINDS.map((kind) => [requestName(kind), kind]));

/** What a kind's own input may hold beside plain values. */
interface Parameters {
  readonly context?: ContextInput | null;
  readonly prior?: LinearPriorInput | null;
}

/** The domain has all of a kind's parameters side by side. Their values are checked with the application. */
export function toPolicySpec(input: PolicyInput): PolicySpec {
  const [[name, given]] = statedOf(input) as [[keyof PolicyInput, Parameters]];
  const { context, prior, ...plain } = given;
  const { tensor, ...features } = context ?? {};
  const parameters = { ...plain, ...prior, ...features, contextTensor: tensor };
  return { kind: KINDS.get(name) as PolicyKind, ...Object.fromEntries(statedOf(parameters)) };
}

/** GraphQL's names of kinds are those of the domain in capitals. */
export function fromPolicySpec({ kind, ...parameters }: PolicySpec): object {
  return { kind: kind.toUpperCase().replace("-", "_"), ...parameters };
}

export function toLossSpec({ zeroOne, log, squared, absolute, reward }: LossInput): LossSpec {
  if (zeroOne != null) return { kind: "ZERO_ONE" };
  if (log != null) return { kind: "LOG" };
  if (squared != null) return { kind: "SQUARED", range: squared.range };
  if (absolute != null) return { kind: "ABSOLUTE", range: absolute.range };
  const { min, max } = reward as NonNullable<typeof reward>;
  return { kind: "REWARD", min, max };
}

function statedOf(given: object): readonly (readonly [string, unknown])[] {
  return Object.entries(given).filter(([, value]) => value != null);
}

export function toFeedbackPatch(input: FeedbackInput): FeedbackPatch {
  return { ...input };
}

export function fromFeedback(feedback: FeedbackRules): object {
  return feedback;
}
