import type { StoredEvidence } from "../correction/evidence.js";
import { badInput, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Clock } from "../domain/ports.js";
import { DEFAULT_REWARD_KEY } from "../domain/rewardRules.js";
import type { ObservationStore, ReceiptKey } from "../domain/storePorts.js";
import type { Catalogue } from "./catalogue.js";
import { learners } from "./learners.js";
import { openSeenReceipt } from "./receipt.js";
import { expiryProblem, gone } from "./receiptProblems.js";
import { rewardRule } from "./rewardRule.js";

export interface ActivateDependencies {
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly observations: ObservationStore;
  readonly receiptKeys: (receipt: string) => readonly ReceiptKey[] | Promise<readonly ReceiptKey[]>;
  readonly receiptTtlMs: number;
  /** Evidence that did not fit into a receipt; undefined when it is not there (any more). */
  readonly loggedEvidence: (application: string, predictionId: string) => Promise<StoredEvidence | undefined | Failure>;
}

/** A prediction counts from now on. */
export interface Activated {
  readonly application: string;
  readonly predictionId: string;
  /** Of the row that the rewards told before now have become; undefined: there were none, or they count later. */
  readonly seq: number | undefined;
  readonly learnedBy: readonly number[];
}

/**
 * Takes it that a prediction was shown, and answers once that is durable. Together with what was told of it before: one
 * transaction marks it and counts that. Saying it again changes nothing.
 */
export async function activate(
  deps: ActivateDependencies,
  receipt: string,
  isSeen?: (application: string) => boolean,
): Promise<Activated | Failure> {
  const content = openSeenReceipt(receipt, await deps.receiptKeys(receipt), isSeen);
  if (isFailure(content)) return content;
  const { id, application, policyVersion, entity, predictedAtMs } = content;
  const expired = expiryProblem(deps, content);
  if (expired !== undefined) return expired;
  const served = deps.catalogue.get(application);
  if (served === undefined) return gone(application);
  const rule = rewardRule(served.application);
  if (rule?.isDeferred !== true) return notDeferred(application);
  const evidence = content.isLogged ? await deps.loggedEvidence(application, id) : content.evidence;
  if (isFailure(evidence)) return evidence;
  const stored = await deps.observations.append({
    ...{ application, receiptId: id, policyVersion, entity, predictedAtMs },
    evidence: evidence ?? null,
    // What it becomes is decided under the log's lock.
    key: DEFAULT_REWARD_KEY,
    truth: { kind: "REWARD", reward: rule.defaultReward ?? rule.min },
    learnedBy: learners(served, { policyVersion, evidence }),
    supersedes: undefined,
    counting: { kind: "ACTIVATION", rule, shownAtMs: deps.clock.wallMs() },
  });
  if (isFailure(stored)) return stored;
  const isCounted = !stored.duplicate;
  const learnedBy = isCounted ? (stored.counted?.learnedBy ?? []) : [];
  return { application, predictionId: id, seq: isCounted ? stored.seq : undefined, learnedBy };
}

function notDeferred(application: string): Failure {
  const expected =
    "a prediction of an application with deferActivation, whose predictions count once they are activated";
  return badInput(["receipt"], expected, `one of "${application}", whose predictions count at once`);
}
