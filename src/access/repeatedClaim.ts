const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;

/**
 * Whether a token's claims have one name twice. Parsers differ in which of the two they take, so that what somebody else
 * has checked before might be another one than what is taken here.
 */
export function hasRepeatedClaim(token: string): boolean {
  const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
  const names = new Set<string>();
  let depth = 0;
  let last = "";
  for (const [part] of payload.matchAll(TOKEN)) {
    if (part === "{" || part === "[") depth += 1;
    else if (part === "}" || part === "]") depth -= 1;
    else if (part === ":" && depth === 1 && last.startsWith('"')) {
      const name = String(JSON.parse(last));
      if (names.has(name)) return true;
      names.add(name);
    }
    last = part;
  }
  return false;
}
