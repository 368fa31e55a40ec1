/** What stands at a place of the response, as JSON. Null: nothing does, which a field that may not be null passes on. */
export type Text = string | null;

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** What `Promise.all` gives, made into one text in the same turn of the microtask queue. */
export function settleAll(
  texts: readonly (Text | Promise<Text>)[],
  join: (settled: readonly Text[]) => string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const settled = new Array<Text>(texts.length).fill(null);
    let outstanding = texts.length;
    for (const [i, text] of texts.entries()) {
      Promise.resolve(text).then((there) => {
        settled[i] = there;
        outstanding -= 1;
        if (outstanding === 0) resolve(join(settled));
      }, reject);
    }
  });
}

/** An object from what stands before its values, and these, some of them in promises. */
export async function settleTexts(
  begins: readonly string[],
  values: readonly (Text | Promise<Text>)[],
): Promise<string> {
  const settled = (await Promise.all(values as readonly unknown[])) as Text[];
  let text = "";
  for (let i = 0; i < begins.length; i++) text += `${begins[i]}${settled[i] ?? "null"}`;
  return `${text}}`;
}

/** The same of one value alone. It is rejected as late as among others, so that errors are noted in the same order. */
export function settleOnly(begin: string, value: Promise<Text>): Promise<string> {
  return new Promise((resolve, reject) => {
    value.then(
      (settled) => resolve(`${begin}${settled ?? "null"}}`),
      (error: unknown) => queueMicrotask(() => reject(error)),
    );
  });
}
