import type { NewObservation } from "../../src/domain/storePorts.js";

/** As a server hands it to the store: of nobody in particular, learned by version 1, with the changes that a test is about. */
export function newObservation(receiptId: string, change: Partial<NewObservation> = {}): NewObservation {
  return {
    application: "digits",
    receiptId,
    key: "",
    policyVersion: 1,
    entity: undefined,
    predictedAtMs: 1_700_000_000_123,
    truth: { kind: "LABEL", label: "7" },
    evidence: { propensity: 0.5 },
    learnedBy: [1],
    supersedes: undefined,
    ...change,
  };
}
