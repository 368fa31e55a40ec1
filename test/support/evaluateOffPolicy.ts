import { offPolicySteps } from "../../src/correction/offPolicy.js";
import type { LoggedChoice, OffPolicyEvaluation } from "../../src/correction/offPolicy.js";

/** All steps at once. */
export function evaluateOffPolicy(log: readonly LoggedChoice[]): OffPolicyEvaluation {
  const steps = offPolicySteps(log);
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}
