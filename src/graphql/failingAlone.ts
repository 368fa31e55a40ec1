import { failure, FailureError } from "../domain/failure.js";
import type { RequestContext } from "./context.js";
import { fromFailure } from "./predictionConverters.js";

/**
 * What one field or item of a list answers. A defect in it (what it throws or rejects with) is logged whole and becomes its
 * own INTERNAL, so that it blanks nothing beside it: others may be answered already, or committed. A FailureError is the
 * failure it carries. A promise only where `work` gives one.
 */
export function failingAlone(context: RequestContext, work: () => object | Promise<object>): object | Promise<object> {
  try {
    const given = work();
    return given instanceof Promise ? given.catch((error: unknown) => fromDefect(context, error)) : given;
  } catch (error) {
    return fromDefect(context, error);
  }
}

function fromDefect({ services }: RequestContext, error: unknown): object {
  if (error instanceof FailureError) return fromFailure(error.failure);
  services.logDefect(error);
  return fromFailure(failure("INTERNAL", "internal error"));
}
