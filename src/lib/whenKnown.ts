/**
 * Goes on with a value: at once if it is there, else when it comes. `await` goes round by the microtask queue even where
 * nothing has to be waited for, which costs a query that the cache answers a tenth of its time.
 */
export function whenKnown<Value, Next>(
  value: Value | Promise<Value>,
  next: (known: Value) => Next | Promise<Next>,
): Next | Promise<Next> {
  return value instanceof Promise ? value.then(next) : next(value);
}
