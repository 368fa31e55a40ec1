import { z } from "zod";
import { FailureError, badInput } from "../domain/failure.js";
import type { LossSpec, PolicySpec } from "../domain/policySpec.js";

const NUMBER = z.exactOptional(z.number());
const ETA = { eta: NUMBER };
const FEATURES = { featureModel: z.exactOptional(z.string()), featureVersion: z.exactOptional(z.int()) };
const CONTEXT = { ...FEATURES, contextTensor: z.exactOptional(z.string()) };

/** Parameters that this server does not know are left out: they were stored by a newer one. */
export const POLICY = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("static") }),
  z.object({ kind: z.literal("majority") }),
  z.object({ kind: z.literal("exp3"), ...ETA }),
  z.object({ kind: z.literal("exp3-ix"), ...ETA }),
  z.object({ kind: z.literal("exp4"), ...ETA }),
  z.object({
    kind: z.literal("ensemble"),
    ...ETA,
    share: NUMBER,
    adaptive: z.exactOptional(z.boolean()),
    average: z.exactOptional(z.enum(["MEAN", "MEDIAN"])),
  }),
  z.object({ kind: z.literal("epsilon-greedy"), epsilon: NUMBER }),
  z.object({ kind: z.literal("ucb1") }),
  z.object({ kind: z.literal("thompson"), epsilon: NUMBER, strength: NUMBER }),
  z.object({ kind: z.literal("squarecb"), gammaScale: NUMBER, ...CONTEXT }),
  z.object({ kind: z.literal("linucb"), alpha: NUMBER, ...CONTEXT }),
  z.object({
    kind: z.literal("linear"),
    ...FEATURES,
    ridge: NUMBER,
    strength: NUMBER,
    forgetting: NUMBER,
  }),
]);

export const LOSS = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ZERO_ONE") }),
  z.object({ kind: z.literal("LOG") }),
  z.object({ kind: z.literal("SQUARED"), range: z.number() }),
  z.object({ kind: z.literal("ABSOLUTE"), range: z.number() }),
  z.object({ kind: z.literal("REWARD"), min: z.number(), max: z.number() }),
]);

/** As the text of a jsonb column; equal values have equal texts. Throws BAD_INPUT for what could not be read again. */
export function policyJson(policy: PolicySpec): string {
  // The compiler refuses a kind that could be stated and not stored.
  return readableJson(POLICY, "policy", policy satisfies z.input<typeof POLICY>);
}

export function lossJson(loss: LossSpec): string {
  return readableJson(LOSS, "loss", loss satisfies z.input<typeof LOSS>);
}

function readableJson(schema: z.ZodType<object>, name: string, given: object): string {
  const parsed = schema.safeParse(given);
  if (parsed.success) return sortedJson(parsed.data);
  const { path = [], message = "" } = parsed.error.issues[0] ?? {};
  const got = JSON.stringify(given).slice(0, 200);
  throw new FailureError(badInput([name, ...path.map(String)], `what is known of a ${name} (${message})`, got));
}

function sortedJson(given: object): string {
  const entries = Object.entries(given as Record<string, unknown>).filter(([, value]) => value !== undefined);
  return JSON.stringify(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))));
}
