import { DEFAULT_FEEDBACK, defaultLoss } from "./application.js";
import type { Application, FeedbackRules } from "./application.js";
import type { ApplicationPatch, FeedbackPatch, NewApplication } from "./storePorts.js";

/** With the defaults of what it leaves open. */
export function completeApplication(given: NewApplication): Omit<Application, "links" | "policyVersion"> {
  return {
    ...given,
    loss: given.loss ?? defaultLoss(given.output),
    feedback: patchFeedback(DEFAULT_FEEDBACK, given.feedback ?? {}),
  };
}

/** Null takes a value away, or back to its default. */
export function patchFeedback(before: FeedbackRules, patch: FeedbackPatch): FeedbackRules {
  const named = Object.entries(patch).filter(([, value]) => value !== undefined);
  const after = { ...before, ...Object.fromEntries(named) };
  const kept = Object.entries(after).filter(([, value]) => (value as unknown) !== null);
  return { ...DEFAULT_FEEDBACK, ...Object.fromEntries(kept) };
}

/** An application as it is after a change. */
export function patchedApplication(before: Application, patch: ApplicationPatch): Application {
  const { confidenceThreshold: _threshold, coverage: _coverage, defaultOutput: _output, ...rest } = before;
  const after = {
    confidenceThreshold: changed(before.confidenceThreshold, patch.confidenceThreshold),
    coverage: changed(before.coverage, patch.coverage),
    defaultOutput: changed(before.defaultOutput, patch.defaultOutput),
  };
  const present = Object.fromEntries(Object.entries(after).filter(([, value]) => value !== undefined));
  return {
    ...rest,
    ...present,
    description: patch.description ?? before.description,
    sloMs: patch.sloMs ?? before.sloMs,
    bulkDeadlineMs: patch.bulkDeadlineMs ?? before.bulkDeadlineMs,
    policy: patch.policy ?? before.policy,
    loss: patch.loss ?? before.loss,
    feedback: patchFeedback(before.feedback, patch.feedback ?? {}),
  };
}

/** Null takes a value away, what is absent stays. */
function changed<T>(before: T | undefined, given: T | null | undefined): T | undefined {
  return given === undefined ? before : (given ?? undefined);
}
