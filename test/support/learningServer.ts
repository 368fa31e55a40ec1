import type { NewObservation } from "../../src/domain/storePorts.js";
import { Learning } from "../../src/learning/learning.js";
import type { LearningOptions } from "../../src/learning/learning.js";
import type { StateFolding } from "../../src/learning/heldState.js";
import { TurningClock } from "./fakeClock.js";
import type { FakeLearningStore } from "./fakeLearningStore.js";

export const APPLICATION = "insects";

export function observation(
  label: string,
  entity: string | undefined,
  learnedBy: readonly number[] = [1],
): NewObservation {
  return {
    application: APPLICATION,
    receiptId: label,
    key: "",
    policyVersion: 1,
    entity,
    predictedAtMs: 0,
    truth: { kind: "LABEL", label },
    evidence: null,
    learnedBy,
    supersedes: undefined,
  };
}

export async function newServer(
  store: FakeLearningStore,
  folding: StateFolding,
  { stateBytes = 1e6, warn = () => undefined }: Partial<Pick<LearningOptions, "stateBytes" | "warn">> = {},
) {
  const clock = new TurningClock();
  const learning = new Learning({ clock, store, stateBytes, warn });
  learning.follow([{ name: APPLICATION, policyVersion: 1, foldings: new Map([[1, folding]]) }]);
  await learning.start();
  return { clock, learning };
}
