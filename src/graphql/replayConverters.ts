import { isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Judgement } from "../serving/policyEvaluations.js";
import type { PolicyReplay, ReplayRequest } from "../serving/policyReplays.js";
import { toLossSpec, toPolicySpec } from "./policyConverters.js";
import type { LossInput, PolicyInput } from "./policyInputs.js";
import { fromFailure, fromRefusedInput } from "./predictionConverters.js";
import type { ReplayPolicyInput } from "./replayTypes.js";

export function toReplayRequest({
  application,
  policy,
  loss,
  from,
  until,
  activate,
  expectedRevision,
}: ReplayPolicyInput): ReplayRequest {
  return {
    application,
    ...toPolicyAndLoss(policy, loss),
    from: from ?? undefined,
    until: until ?? undefined,
    activate,
    expectedRevision: expectedRevision ?? undefined,
  };
}

export function toPolicyAndLoss(
  policy: PolicyInput,
  loss: LossInput | null | undefined,
): Pick<ReplayRequest, "policy" | "loss"> {
  return { policy: toPolicySpec(policy), loss: loss == null ? undefined : toLossSpec(loss) };
}

export function fromBegunReplay(begun: PolicyReplay | Failure): object {
  return isFailure(begun) ? fromRefusedInput(begun) : fromPolicyReplay(begun);
}

export function fromPolicyReplay(replay: PolicyReplay | Failure): object {
  if (isFailure(replay)) return fromFailure(replay);
  const { application, version, status, progress, startedAtMs } = replay;
  const { afterSeq, seq, endSeq, rows, folded, entities, compared, lossSum, loggedLossSum } = progress;
  const meanOf = (sum: number) => (compared === 0 ? undefined : sum / compared);
  return {
    __typename: "PolicyReplay",
    ...{ application, version, status, startedAtMs, rows, folded, entities, compared },
    startedAt: new Date(startedAtMs),
    reason: replay.failure,
    done: seq - afterSeq,
    total: endSeq - afterSeq,
    skipped: fromSkipped(progress.skipped),
    meanLoss: meanOf(lossSum),
    loggedMeanLoss: meanOf(loggedLossSum),
  };
}

export function fromSkipped(skipped: Readonly<Record<string, number>>): object[] {
  return Object.entries(skipped).map(([reason, rows]) => ({ reason, rows }));
}

export function fromJudgement(judgement: Judgement | Failure): object {
  if (isFailure(judgement)) return fromFailure(judgement);
  return { ...judgement, __typename: "PolicyEvaluation", skipped: fromSkipped(judgement.skipped) };
}
