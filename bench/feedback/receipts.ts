import { writeFile } from "node:fs/promises";
import { z } from "zod";
import { BenchError } from "../bench.js";
import { HttpSender } from "../httpSender.js";
import { seededRandom } from "../simulation/seededRandom.js";
import type { FeedbackApplication } from "./feedbackApplications.js";
import { truthOf } from "./members.js";
import { PREDICT_RECEIPT } from "./operations.js";

const PREDICTED = z.object({ data: z.object({ predict: z.object({ receipt: z.string(), source: z.string() }) }) });
const AT_ONCE = 32;

/** A prediction for each of so many entities, as lines for observe.lua. */
export async function writeReceipts(
  url: string,
  application: FeedbackApplication,
  entities: number,
  path: string,
): Promise<void> {
  const sender = new HttpSender(url);
  const lines: string[] = [];
  const one = async (item: number): Promise<void> => {
    const input = { application: application.name, input: { values: [item] }, entity: `user-${item}` };
    const answer = await sender.post(JSON.stringify({ query: PREDICT_RECEIPT.toString(), variables: { input } }));
    const { data, error } = PREDICTED.safeParse(JSON.parse(answer));
    if (error !== undefined) throw new BenchError(`no receipt: ${answer.slice(0, 300)}`);
    const truth = truthOf(application.output, application.features, item, seededRandom);
    lines.push(`${data.data.predict.receipt}\t${JSON.stringify(truth)}\n`);
  };
  try {
    for (let from = 0; from < entities; from += AT_ONCE) {
      const group = Array.from({ length: Math.min(AT_ONCE, entities - from) }, (_, i) => one(from + i));
      await Promise.all(group);
    }
  } finally {
    sender.close();
  }
  await writeFile(path, lines.join(""));
}
