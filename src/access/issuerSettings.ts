import { z } from "zod";

/** Asymmetric ones only: with a shared secret whoever can check a token could make one. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"] as const;

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Keys from the net are as good as the connection that they came over. */
function isTrustworthy(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.has(hostname));
}

const ISSUER = z.strictObject({
  /** As it stands in the claim `iss`, letter for letter. */
  issuer: z.string().min(1),
  /** One that must be in the claim `aud`. */
  audience: z.string().min(1),
  /** Where its public keys are, as a JSON Web Key Set. */
  jwksUrl: z.string().refine(isTrustworthy, "expected an https URL (http on loopback only)"),
  /** The only ones that it signs with. */
  algorithms: z.array(z.enum(ALGORITHMS)).min(1),
  /** Claim with the scopes: a list, or one text with spaces between them. */
  scopesClaim: z.string().min(1).default("scope"),
  /** What a scope of ours begins with there. */
  scopePrefix: z.string().default("skysail:"),
  /** Claim with the names of applications: a list or one name; `*` for all. Without it a token sees none. */
  applicationsClaim: z.string().min(1).default("skysail_applications"),
  /** For each subject; absent: no limit. */
  rowsPerSecond: z.number().positive().max(1e9).optional(),
});

export type IssuerSettings = Readonly<z.infer<typeof ISSUER>>;

/** The issuers of JSON web tokens that are trusted, or what is wrong with their settings. */
export function parseIssuers(given: unknown): readonly IssuerSettings[] | string {
  const parsed = z.array(ISSUER).safeParse(given ?? []);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    return `${["issuers", ...(first?.path ?? [])].join(".")}: ${first?.message ?? "not as expected"}`;
  }
  const names = parsed.data.map(({ issuer }) => issuer);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  return twice === undefined ? parsed.data : `issuers: ${JSON.stringify(twice)} is there twice`;
}
