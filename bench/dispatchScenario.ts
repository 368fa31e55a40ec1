import type { Bench, Outcome, Scenario } from "./bench.js";
import { measureFillWait } from "./dispatch/fillWait.js";
import { measurePrefetch } from "./dispatch/prefetch.js";
import { measurePriorities } from "./dispatch/priorities.js";
import { SLO_MS, startStubRig } from "./stubRig.js";

export const DISPATCH: Scenario = {
  name: "dispatch",
  summary: "what bulk, waiting for fuller batches and sending ahead do to latency and goodput, beside none of each",
  repetition: { runs: 3, seconds: 15 },
  goals: [
    // One batch: AIMD's take at most half of the objective.
    { figure: ["priorities", "half", "addedP99Ms"], atMost: SLO_MS / 2 },
    { figure: ["priorities", "twice", "bulkAnswered"], atLeast: 0.01 },
    { figure: ["prefetch", "far", "goodRatio"], atLeast: 1 },
  ],
  measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const rig = await startStubRig(bench);
  const prefetch = await measurePrefetch(bench, rig);
  const priorities = await measurePriorities(bench, rig);
  const fillWait = await measureFillWait(bench, rig);
  return {
    result: { priorities: priorities.result, fillWait: fillWait.result, prefetch: prefetch.result },
    table: [["what", "", "", ""], ...priorities.rows, ...fillWait.rows, ...prefetch.rows],
  };
}
