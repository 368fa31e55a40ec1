/** One input as a caller of predict gives it: exactly one of these. Content is checked against a signature later. */
export interface GivenInput {
  readonly values?: unknown;
  readonly base64?: string;
  readonly text?: string;
  readonly tensors?: readonly GivenTensor[];
}

export interface GivenTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: { readonly values?: unknown; readonly base64?: string; readonly strings?: readonly string[] };
}

type Fits = (value: unknown) => boolean;

const isText: Fits = (value) => typeof value === "string";
const isList =
  (each: Fits): Fits =>
  (value) =>
    Array.isArray(value) && value.every(each);
const DATA: ReadonlyMap<string, Fits> = new Map([
  ["values", isList(() => true)],
  ["base64", isText],
  ["strings", isList(isText)],
]);
const INPUT: ReadonlyMap<string, Fits> = new Map([
  ["values", isList(() => true)],
  ["base64", isText],
  ["text", isText],
  ["tensors", isList(isTensor)],
]);

export function isGivenInput(value: unknown): value is GivenInput {
  return hasExactlyOne(value, INPUT);
}

function isTensor(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { name, datatype, shape, data } = value as Record<string, unknown>;
  return isText(name) && isText(datatype) && isList(Number.isInteger)(shape) && hasExactlyOne(data, DATA);
}

/** What is null or undefined was not given. */
function hasExactlyOne(value: unknown, kinds: ReadonlyMap<string, Fits>): boolean {
  if (typeof value !== "object" || value === null) return false;
  const given = Object.entries(value).filter(([, content]) => content !== undefined && content !== null);
  const [only] = given;
  return only !== undefined && given.length === 1 && kinds.get(only[0])?.(only[1]) === true;
}
