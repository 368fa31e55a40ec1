import type { OutputSpec } from "../domain/application.js";
import { failure, FailureError, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { requestName } from "../domain/requestNames.js";
import type { EnsembleSpec, LossSpec, PolicySpec } from "../domain/policySpec.js";
import { AdaHedge } from "./adaHedge.js";
import { ChoosingPolicy } from "./choosingPolicy.js";
import type { ChoiceRule } from "./choosingPolicy.js";
import { erase } from "./erasedPolicy.js";
import type { LearnedPolicy } from "./erasedPolicy.js";
import { Exp3 } from "./exp3.js";
import { Exp4 } from "./exp4.js";
import { equalWeights, linkWeights } from "./fixedWeights.js";
import { FixedShare } from "./fixedShare.js";
import { EpsilonGreedy, Ucb1 } from "./leastLoss.js";
import { defaultLoss, newLosses } from "./losses.js";
import type { Losses } from "./losses.js";
import { policyProblem } from "./policyProblem.js";
import { linearPolicy } from "./linearPolicy.js";
import { linUcbPolicy } from "./linucb.js";
import { squareCbPolicy } from "./squarecb.js";
import { Thompson } from "./thompson.js";
import { VotingPolicy } from "./votingPolicy.js";
import type { WeightRule } from "./votingPolicy.js";

/** What a policy has to know of its application. */
export interface PolicyUse {
  readonly policy: PolicySpec;
  /** Undefined: zero-one for labels. For numbers only policies that learn nothing can do without. */
  readonly loss: LossSpec | undefined;
  readonly output: OutputSpec;
}

/** The policy that an application names. Throws a `FailureError` where `policyProblem` has something to say. */
export function newPolicy(use: PolicyUse): LearnedPolicy {
  const problem = policyProblem(use.policy, use.loss, use.output, undefined);
  if (problem !== undefined) throw new FailureError(problem);
  const policy = build(use);
  if (isFailure(policy)) throw new FailureError(policy);
  return policy;
}

function build({ policy, loss, output }: PolicyUse): LearnedPolicy | Failure {
  const losses = newLosses(loss ?? defaultLoss(output), output);
  const choosing = (rule: ChoiceRule) => erase(rule.kind, new ChoosingPolicy(rule, output, losses));
  switch (policy.kind) {
    case "static":
      return voting(linkWeights, output, losses);
    case "majority":
      return erase("majority", new VotingPolicy(equalWeights, { output, losses, combination: "TOP" }));
    case "ensemble":
      return ensemble(policy, output, losses);
    case "exp3":
    case "exp3-ix":
      return choosing(new Exp3(policy.kind, policy.eta));
    case "exp4":
      return output.kind === "LABEL" ? erase("exp4", new Exp4(output, losses, policy.eta)) : unavailable(policy);
    case "epsilon-greedy":
      return choosing(new EpsilonGreedy(policy.epsilon));
    case "ucb1":
      return choosing(new Ucb1());
    case "thompson":
      return choosing(new Thompson(policy));
    case "linear":
      return erase("linear", linearPolicy(policy, output));
    case "linucb":
      return erase("linucb", linUcbPolicy(policy, output, losses));
    case "squarecb":
      return erase("squarecb", squareCbPolicy(policy, output, losses));
  }
}

function voting(
  rule: WeightRule,
  output: OutputSpec,
  losses: Losses,
  average: EnsembleSpec["average"] = "MEAN",
): LearnedPolicy {
  const combination = output.kind === "LABEL" ? "SCORES" : average;
  return erase(`${rule.kind} ${rule.shape.code}`, new VotingPolicy(rule, { output, losses, combination }));
}

function ensemble(spec: EnsembleSpec, output: OutputSpec, losses: Losses): LearnedPolicy {
  const rule = spec.adaptive === true ? new AdaHedge() : new FixedShare(spec);
  return voting(rule, output, losses, spec.average);
}

function unavailable({ kind }: PolicySpec): Failure {
  return failure("BAD_INPUT", `policy: ${requestName(kind)} is not available for this application`, {
    path: ["policy"],
  });
}
