import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const PASSAGE = z.object({ country: z.string(), topic: z.string(), text: z.string() });

const PLAN = z.object({
  /** Names of the feature model's outputs, in their order. */
  topics: z.array(z.string()),
  /** What is asked about before and after; the second about what is corrected. */
  asked: z.tuple([PASSAGE, PASSAGE]),
  /** What both readers are shown. */
  shown: z.array(PASSAGE),
  /** Topics of which a reader reads what is shown; the rest is skipped. */
  likes: z.object({ ann: z.array(z.string()), ben: z.array(z.string()) }),
});

export type Passage = z.infer<typeof PASSAGE>;
export type Plan = z.infer<typeof PLAN>;
export type Reader = keyof Plan["likes"];

/** From dist/src/cli up to the project's root. */
const PATH = fileURLToPath(new URL("../../../examples/reading/tour.json", import.meta.url));

export function readPlan(path = PATH): Plan {
  return PLAN.parse(JSON.parse(readFileSync(path, "utf8")));
}
