import { z } from "zod";
import { applicationOf, Client } from "./client.js";
import { policyVariables } from "./policyOptions.js";
import type { PolicyOptions } from "./policyOptions.js";
import type { Terminal } from "./replay.js";

export interface EvaluateOptions extends PolicyOptions {
  readonly from?: string;
  readonly until?: string;
  readonly entity?: string;
  readonly maxRows?: number;
  readonly withinMs?: number;
}

const ESTIMATE = z.object({ value: z.number(), low: z.number(), high: z.number() });

type Estimate = z.infer<typeof ESTIMATE>;

const EVALUATION = z.object({
  application: z.string(),
  verdict: z.string(),
  reason: z.string(),
  measure: z.string(),
  rows: z.number(),
  judged: z.number(),
  complete: z.boolean(),
  endSeq: z.number(),
  skipped: z.array(z.object({ reason: z.string(), rows: z.number() })),
  logged: ESTIMATE.nullable(),
  exact: z.object({ rows: z.number(), policy: ESTIMATE, logged: ESTIMATE, difference: ESTIMATE }).nullable(),
  offPolicy: z
    .object({
      n: z.number(),
      unusable: z.number(),
      effectiveSampleSize: z.number(),
      meanWeight: ESTIMATE,
      largestWeight: z.number(),
      largestShare: z.number(),
      ips: ESTIMATE.nullable(),
      snips: ESTIMATE.nullable(),
      dr: ESTIMATE.nullable(),
    })
    .nullable(),
});

export type Evaluation = z.infer<typeof EVALUATION>;

const ESTIMATE_FIELDS = "{ value low high }";
const EVALUATE = `query EvaluatePolicy(
  $application: String!, $policy: PolicyInput!, $loss: LossInput, $from: String, $until: String, $entity: ID,
  $maxRows: Int, $withinMs: Float
) {
  policyEvaluation(
    application: $application, policy: $policy, loss: $loss, from: $from, until: $until, entity: $entity,
    maxRows: $maxRows, withinMs: $withinMs
  ) {
    __typename
    ... on PolicyEvaluation {
      application verdict reason measure rows judged complete endSeq skipped { reason rows }
      logged ${ESTIMATE_FIELDS}
      exact { rows policy ${ESTIMATE_FIELDS} logged ${ESTIMATE_FIELDS} difference ${ESTIMATE_FIELDS} }
      offPolicy {
        n unusable effectiveSampleSize meanWeight ${ESTIMATE_FIELDS} largestWeight largestShare
        ips ${ESTIMATE_FIELDS} snips ${ESTIMATE_FIELDS} dr ${ESTIMATE_FIELDS}
      }
    }
    ... on Failure { code message }
  }
}`;

/** Asks what a policy would have earned on the log, and shows it as a table. */
export async function evaluate(options: EvaluateOptions, terminal: Terminal): Promise<void> {
  const client = new Client(options.url);
  const application = await applicationOf(client, options.application);
  const { from, until, entity, maxRows, withinMs } = options;
  const variables = { application, ...policyVariables(options), from, until, entity, maxRows, withinMs };
  const evaluation = await client.ask("policyEvaluation", EVALUATE, variables, EVALUATION);
  terminal.out(
    options.json === true ? JSON.stringify(evaluation, null, 2) : evaluationText(evaluation, options.policy),
  );
}

export function evaluationText(evaluation: Evaluation, policy: string): string {
  const { application, verdict, reason, measure, rows, judged, complete, skipped, endSeq } = evaluation;
  const which = measure === "REWARD" ? "mean reward, more is better" : "mean loss, less is better";
  return [
    `${policy} on ${application}: ${verdict}`,
    `  ${reason}`,
    ...spaced(estimatesTable(evaluation, which)),
    `  ${rows} observations read, ${judged} judged${complete ? "" : `; a limit came at place ${endSeq} of the log (--max-rows, --within-ms)`}`,
    ...skipped.map((each) => `  skipped ${each.rows}: ${each.reason}`),
    ...weightsText(evaluation),
  ].join("\n");
}

function estimatesTable({ logged, exact, offPolicy }: Evaluation, which: string): string[] {
  const lines: [string, Estimate | null | undefined][] = [
    ["answers given", logged],
    [`${exact === null ? "" : "exact, "}policy`, exact?.policy],
    ["exact, difference", exact?.difference],
    ["IPS", offPolicy?.ips],
    ["SNIPS", offPolicy?.snips],
    ["doubly robust", offPolicy?.dr],
  ];
  const shown = lines.filter((line): line is [string, Estimate] => line[1] != null);
  if (shown.length === 0) return [];
  const head = `  ${which.padEnd(28)}${["value", "low", "high"].map((each) => each.padStart(12)).join("")}`;
  return [
    head,
    ...shown.map(([name, { value, low, high }]) => `  ${name.padEnd(28)}${[value, low, high].map(cell).join("")}`),
  ];
}

function spaced(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", ...lines, ""];
}

function weightsText({ offPolicy }: Evaluation): string[] {
  if (offPolicy === null) return [];
  const { n, unusable, effectiveSampleSize, meanWeight, largestWeight, largestShare } = offPolicy;
  return [
    `  ${n} choices (${unusable} unusable), effective sample size ${effectiveSampleSize.toFixed(1)}`,
    `  mean weight ${meanWeight.value.toFixed(3)} (about 1 if the logged chances are right), largest ${largestWeight.toFixed(2)} (${(100 * largestShare).toFixed(1)} % of all)`,
  ];
}

function cell(value: number): string {
  return value.toPrecision(5).padStart(12);
}
