import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { failure, FailureError } from "../domain/failure.js";
import { applicationOf, Client } from "./client.js";
import { policyVariables } from "./policyOptions.js";
import type { PolicyOptions } from "./policyOptions.js";

export interface ReplayOptions extends PolicyOptions {
  readonly from?: string;
  readonly until?: string;
  readonly activate?: true;
}

const REPLAY = z.object({
  application: z.string(),
  version: z.number(),
  status: z.enum(["RUNNING", "COMPLETE", "FAILED"]),
  reason: z.string().nullable(),
  done: z.number(),
  total: z.number(),
  rows: z.number(),
  folded: z.number(),
  skipped: z.array(z.object({ reason: z.string(), rows: z.number() })),
  entities: z.number(),
  compared: z.number(),
  meanLoss: z.number().nullable(),
  loggedMeanLoss: z.number().nullable(),
});

type Replay = z.infer<typeof REPLAY>;

const FIELDS = `__typename
  ... on PolicyReplay {
    application version status reason done total rows folded skipped { reason rows } entities compared meanLoss loggedMeanLoss
  }
  ... on Failure { code message }`;
const START = `mutation ReplayPolicy($input: ReplayPolicyInput!) { replayPolicy(input: $input) { ${FIELDS} } }`;
const ASK = `query PolicyReplay($application: String!, $version: Int!) {
  policyReplay(application: $application, version: $version) { ${FIELDS} }
}`;
const ASK_EVERY_MS = 250;

/** Where the command says what it does: results, and what is of the moment. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly progress: (text: string) => void;
}

/** Has the server fold the log, tells how far it is, and what has come of it. It goes on without us. */
export async function replay(options: ReplayOptions, terminal: Terminal): Promise<void> {
  const client = new Client(options.url);
  const application = await applicationOf(client, options.application);
  const { from, until, activate = false } = options;
  const input = { application, ...policyVariables(options), from, until, activate };
  const begun = await client.ask("replayPolicy", START, { input }, REPLAY);
  const ended = await followed(client, begun, terminal);
  if (ended.status === "FAILED") {
    throw new FailureError(failure("BAD_INPUT", `replay as version ${ended.version}: ${ended.reason ?? "failed"}`));
  }
  terminal.out(options.json === true ? JSON.stringify(ended, null, 2) : replayText(ended, activate));
}

async function followed(client: Client, begun: Replay, terminal: Terminal): Promise<Replay> {
  const { application, version } = begun;
  let now = begun;
  while (now.status === "RUNNING") {
    const share = now.total === 0 ? 100 : Math.floor((100 * now.done) / now.total);
    terminal.progress(`version ${version}: ${share} %, ${now.rows} observations, ${now.entities} entities`);
    await pause(ASK_EVERY_MS);
    now = await client.ask("policyReplay", ASK, { application, version }, REPLAY);
  }
  return now;
}

export function replayText(ended: Replay, activated: boolean): string {
  const { application, version, rows, folded, skipped, entities, compared, meanLoss, loggedMeanLoss } = ended;
  const lines = [
    `${application}: policy version ${version} has learned ${folded} of ${rows} observations, with states of ${entities} entities`,
    ...skipped.map((each) => `  skipped ${each.rows}: ${each.reason}`),
  ];
  if (meanLoss !== null && loggedMeanLoss !== null) {
    lines.push(
      `  mean loss ${meanLoss.toFixed(4)}, of the answers given ${loggedMeanLoss.toFixed(4)} (${compared} observations, each before it was learned)`,
    );
  } else {
    lines.push("  its loss is not known: the log has only what was chosen (skysail evaluate estimates it)");
  }
  lines.push(
    activated
      ? "  it answers from now on"
      : `  not current yet; to make it so: mutation { rollbackPolicy(input: { application: "${application}", version: ${version} }) { __typename } }`,
  );
  return lines.join("\n");
}
