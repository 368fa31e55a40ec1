import { APPLICATION } from "./application.js";
import { BenchError } from "./bench.js";
import type { CreateApiKeyInput } from "./generated/graphql.js";
import { ask } from "./graphqlClient.js";
import { WIDTH } from "./noopWrapper.js";
import { CREATE_API_KEY, PREDICT_WITH_RECEIPT } from "./operations.js";
import { predictInput, writeTemplate } from "./rig.js";
import type { Rig } from "./rig.js";

/** More than any machine answers: the limit is counted, and never met. */
const ROWS_PER_SECOND = 1e6;

export interface KeyedRig extends Rig {
  /** May predict for the one application, within a limit. */
  readonly key: string;
}

/** The same with everything on: keys are needed from now on, and answers have their receipts. */
export async function closeAccess(rig: Rig): Promise<KeyedRig> {
  const { graphqlUrl } = rig.server;
  const metricsKey = await createKey(graphqlUrl, {
    name: "operator",
    scopes: ["PREDICT", "OBSERVE", "READ", "METRICS", "ADMIN"],
  });
  const key = await createKey(
    graphqlUrl,
    { name: "frontend", scopes: ["PREDICT"], applications: [APPLICATION], rowsPerSecond: ROWS_PER_SECOND },
    metricsKey,
  );
  const values = Array.from({ length: WIDTH }, (_, i) => i / WIDTH);
  const { text } = await ask(
    graphqlUrl,
    PREDICT_WITH_RECEIPT,
    { input: { application: APPLICATION, input: { values } } },
    key,
  );
  if (!text.includes('"receipt":"')) throw new BenchError(`expected a receipt, got ${text}`);
  const template = await writeTemplate(rig.folder, "predict-with-receipt.json", {
    query: PREDICT_WITH_RECEIPT.toString(),
    variables: { input: predictInput() },
  });
  return { ...rig, metricsKey, key, template, answer: text };
}

export async function createKey(url: string, input: CreateApiKeyInput, by?: string): Promise<string> {
  const { createApiKey: made } = (await ask(url, CREATE_API_KEY, { input }, by)).data;
  if (made.__typename === "ApiKeyCreated") return made.text;
  throw new BenchError(`createApiKey: ${JSON.stringify(made)}`);
}
