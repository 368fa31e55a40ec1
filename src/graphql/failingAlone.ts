import { failure, FailureError } from "../domain/failure.js";
import type { RequestContext } from "./context.js";
import { fromFailure } from "./predictionConverters.js";

/**
 * What one field or item of a list answers. A defect in it (what it throws or rejects with) is logged whole and becomes its
 * own INTERNAL, so that it blanks nothing beside it: others may be answered already, or committed. A FailureError is the
 * failure it carries. A promise only where `work` gives one. `toAnswer` is called with what `work` came to, in the same turn.
 */
export function failingAlone<Found extends object>(
  context: RequestContext,
  work: () => Found | Promise<Found>,
  toAnswer: (found: Found) => object = asItIs,
): object | Promise<object> {
  const answered = (found: Found): object => {
    try {
      return toAnswer(found);
    } catch (error) {
      return fromDefect(context, error);
    }
  };
  try {
    const found = work();
    if (!(found instanceof Promise)) return answered(found);
    return found.then(answered, (error: unknown) => fromDefect(context, error));
  } catch (error) {
    return fromDefect(context, error);
  }
}

function asItIs(found: object): object {
  return found;
}

/** Of what nobody expected. */
export function fromDefect({ services }: RequestContext, error: unknown): object {
  if (error instanceof FailureError) return fromFailure(error.failure);
  services.logDefect(error);
  return fromFailure(failure("INTERNAL", "internal error"));
}
