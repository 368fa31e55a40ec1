const MAX_CHARACTERS = 64;
/** What enum values may not be called (spec, 3.9). */
export const NO_ENUM_VALUES: ReadonlySet<string> = new Set(["true", "false", "null"]);

/**
 * A GraphQL name for each text, in their order. A text that is a name stays as it is; of others what is no letter, digit or
 * underscore is replaced. Two that come to the same name get `_2`, `_3` in their order; so do two that differ in case alone,
 * since code generators write them alike. The same texts always get the same names.
 */
export function graphqlNames(texts: readonly string[], refused: ReadonlySet<string> = new Set()): readonly string[] {
  const isName = (text: string): boolean =>
    /^[_A-Za-z][_0-9A-Za-z]*$/.test(text) && !text.startsWith("__") && !refused.has(text);
  const taken = new Set<string>();
  const names = new Array<string>(texts.length);
  const take = (i: number, wanted: string): void => {
    let name = wanted;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${wanted}_${n}`;
    taken.add(name.toLowerCase());
    names[i] = name;
  };
  // First: that another text comes to the same must not rename them.
  for (const [i, text] of texts.entries()) if (isName(text)) take(i, text);
  for (const [i, text] of texts.entries()) if (!isName(text)) take(i, replaced(text, refused));
  return names;
}

function replaced(text: string, refused: ReadonlySet<string>): string {
  const letters = text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/^-(?=\d)/, "minus_")
    // Without Latin letters little would be left of it.
    .replace(/[^\x20-\x7e]/gu, (other) => (/[\p{L}\p{N}]/u.test(other) ? codePointName(other) : "_"))
    .replace(/[^0-9A-Za-z]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, MAX_CHARACTERS);
  if (letters === "") return "other";
  return /^\d/.test(letters) || refused.has(letters) ? `_${letters}` : letters;
}

function codePointName(character: string): string {
  return `_u${(character.codePointAt(0) as number).toString(16)}_`;
}
