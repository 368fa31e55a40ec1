import { unpackFloats } from "../correction/evidence.js";
import type { StoredEvidence } from "../correction/evidence.js";
import { isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Choice, MemberRef } from "../domain/prediction.js";
import type { ReceiptKey } from "../domain/storePorts.js";
import { openSeenReceipt } from "./receipt.js";

export interface ExplainReceiptDependencies {
  readonly receiptKeys: (receipt: string) => readonly ReceiptKey[] | Promise<readonly ReceiptKey[]>;
  /** Evidence that did not fit into a receipt; undefined when it is not there (any more). */
  readonly loggedEvidence: (application: string, predictionId: string) => Promise<StoredEvidence | undefined | Failure>;
}

/** What a receipt says of its prediction. */
export interface ReceiptExplanation {
  readonly id: string;
  readonly application: string;
  readonly policyVersion: number;
  readonly entity: string | undefined;
  readonly predictedAtMs: number;
  readonly source: string;
  /** In single precision; empty where no model answered, or the evidence is gone from the prediction log. */
  readonly members: readonly (MemberRef & { readonly values: Float64Array })[];
  readonly choice: Choice | undefined;
  readonly context: Float64Array | undefined;
  /** Of the combined answer, before its calibration. */
  readonly agreement: number | undefined;
  /** Scores in the order of the application's labels, or numbers. */
  readonly answer: Float64Array | undefined;
}

/** Decodes a receipt, which an expired one is too. Anything that is not ours is NOT_FOUND, as in `observe`. */
export async function explainReceipt(
  deps: ExplainReceiptDependencies,
  receipt: string,
  isSeen: (application: string) => boolean,
): Promise<ReceiptExplanation | Failure> {
  const content = openSeenReceipt(receipt, await deps.receiptKeys(receipt), isSeen);
  if (isFailure(content)) return content;
  const { id, application, policyVersion, entity, predictedAtMs, source } = content;
  const evidence = content.isLogged ? await deps.loggedEvidence(application, id) : content.evidence;
  if (isFailure(evidence)) return evidence;
  return { id, application, policyVersion, entity, predictedAtMs, source, ...explained(evidence) };
}

function explained(
  evidence: StoredEvidence | undefined,
): Pick<ReceiptExplanation, "members" | "choice" | "context" | "agreement" | "answer"> {
  const { members = [], choice, context, agreement, answer } = evidence ?? {};
  return {
    members: members.map(({ model, version, values }) => ({
      model,
      version,
      values: unpackFloats(values) ?? new Float64Array(),
    })),
    choice: choice && { arm: choice[0], propensity: choice[1], arms: choice[2] },
    context: context === undefined ? undefined : unpackFloats(context),
    agreement,
    // The only member's answer is not kept twice.
    answer: unpackFloats(answer ?? members[0]?.values ?? ""),
  };
}
