/** The URI that the certificate of Skysail's server carries as a subject alternative name. */
export const SERVER_IDENTITY = "skysail:server";

/** The URI that the certificate of a wrapper carries for each version that it serves. */
export function wrapperIdentity(model: string, version: number | string): string {
  return `wrapper:${model}:${version}`;
}

/** One name in the text that Node makes of a certificate's names: those with separators in them are quoted. */
const NAME = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;

/** The URIs among a certificate's subject alternative names; none where the text is not what Node makes of them. */
function urisOf(subjectAltName: string | undefined): readonly string[] {
  const text = subjectAltName ?? "";
  const uris: string[] = [];
  NAME.lastIndex = 0;
  while (NAME.lastIndex < text.length) {
    const found = NAME.exec(text);
    if (found === null) return [];
    const [, kind, value = ""] = found;
    if (kind === "URI" && !value.startsWith('"')) uris.push(value);
  }
  return uris;
}

/** Why a certificate is not that of whom it should be; undefined if it is. */
export function identityProblem(expected: string, subjectAltName: string | undefined): string | undefined {
  const uris = urisOf(subjectAltName);
  if (uris.includes(expected)) return undefined;
  const said = uris.length === 0 ? "no URI" : uris.slice(0, 5).join(", ");
  return `the certificate is not that of ${expected}: it names ${said}`;
}
