import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BenchError } from "../bench.js";
import type { ObserveInput, TruthInput } from "../generated/graphql.js";
import { ask } from "../graphqlClient.js";
import type { FeedbackApplication } from "./feedbackApplications.js";
import { OBSERVE_MANY } from "./operations.js";
import { writeReceipts } from "./receipts.js";

/** With 64 features each new entity has 40 kB to write, in the transaction that stores its first observation. */
const TOLD_TOGETHER = 50;
const MOST_ATTEMPTS = 5;

/** So many observations, of the entities `user-0`, `user-1`, ... in turn. */
export async function fillLog(
  url: string,
  folder: string,
  application: FeedbackApplication,
  { entities, rows }: { readonly entities: number; readonly rows: number },
): Promise<void> {
  const path = join(folder, `${application.name}.receipts`);
  await writeReceipts(url, application, entities, path);
  const told = (await readFile(path, "utf8")).trimEnd().split("\n");
  for (let from = 0; from < rows; from += TOLD_TOGETHER) {
    const inputs = Array.from({ length: Math.min(TOLD_TOGETHER, rows - from) }, (_, i) => {
      const [receipt = "", truth = ""] = (told[(from + i) % told.length] as string).split("\t");
      return { of: { receipt }, key: String(from + i), truth: JSON.parse(truth) as TruthInput };
    });
    await tell(url, inputs);
  }
}

/** On a machine that stalls some are refused: the same again with the same keys is stored once. */
async function tell(url: string, inputs: readonly ObserveInput[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { data } = await ask(url, OBSERVE_MANY, { inputs: [...inputs] });
    const refused = data.observeMany.find((one) => "message" in one);
    if (refused === undefined || !("message" in refused)) return;
    if (attempt === MOST_ATTEMPTS) throw new BenchError(`observeMany: ${refused.message}`);
  }
}
