import { createRemoteJWKSet, decodeJwt, errors, jwtVerify } from "jose";
import type { JWTPayload, JWTVerifyGetKey } from "jose";
import { SCOPES } from "../domain/access.js";
import type { Access } from "../domain/access.js";
import type { Clock } from "../domain/ports.js";
import type { TokenVerifier } from "./accessControl.js";
import { hasExpired } from "./apiKeys.js";
import { hasRepeatedClaim } from "./repeatedClaim.js";
import type { IssuerSettings } from "./issuerSettings.js";
import { RowBuckets } from "./rowBuckets.js";

/** Between clocks of servers. */
const LEEWAY_S = 60;
/** A key that an issuer has withdrawn is noticed after so long at most, and its keys are read anew so often. */
const VERIFY_AGAIN_MS = 60_000;
const KEYS_MAX_AGE_MS = 600_000;
/** A token of an unknown key has the keys read again, at most so often: others must not make us ask. */
const COOL_DOWN_MS = 60_000;
const ASK_WITHIN_MS = 5_000;
const MAX_CHARACTERS = 8_192;
const MAX_REMEMBERED = 1_000;

interface Verified {
  readonly access: Access;
  readonly atMs: number;
}

interface Issuer {
  readonly settings: IssuerSettings;
  readonly keys: JWTVerifyGetKey;
}

/**
 * JSON web tokens of the issuers that the configuration trusts. What an issuer may sign with, and for whom, is fixed there:
 * nothing in a token has a say in it. Verified ones are remembered for a minute.
 */
export class JsonWebTokens implements TokenVerifier {
  readonly #clock: Clock;
  readonly #issuers: ReadonlyMap<string, Issuer>;
  readonly #verified = new Map<string, Verified>();
  readonly #limits = new Map<string, RowBuckets>();

  constructor(clock: Clock, issuers: readonly IssuerSettings[]) {
    this.#clock = clock;
    this.#issuers = new Map(
      issuers.map((settings) => [settings.issuer, { settings, keys: remoteKeys(settings.jwksUrl) }]),
    );
  }

  accessOf(token: string): Access | string | Promise<Access | string> {
    const { access, atMs = -Infinity } = this.#verified.get(token) ?? {};
    const isFresh = this.#clock.nowMs() - atMs < VERIFY_AGAIN_MS;
    return access !== undefined && isFresh && !hasExpired(access, this.#clock.wallMs()) ? access : this.#verify(token);
  }

  async #verify(token: string): Promise<Access | string> {
    if (token.length > MAX_CHARACTERS) return `the token is longer than ${MAX_CHARACTERS} characters`;
    try {
      const { iss } = decodeJwt(token);
      const issuer = this.#issuers.get(iss ?? "");
      if (issuer === undefined || hasRepeatedClaim(token)) return "the token is of no issuer that is trusted here";
      const { issuer: name, audience, algorithms } = issuer.settings;
      const { payload } = await jwtVerify(token, issuer.keys, {
        issuer: name,
        audience,
        algorithms: [...algorithms],
        requiredClaims: ["iss", "aud", "exp", "sub"],
        clockTolerance: LEEWAY_S,
        currentDate: new Date(this.#clock.wallMs()),
      });
      return this.#remember(token, this.#accessFrom(issuer.settings, payload));
    } catch (error) {
      return problemOf(error);
    }
  }

  #remember(token: string, access: Access): Access {
    if (this.#verified.size >= MAX_REMEMBERED) this.#verified.clear();
    this.#verified.set(token, { access, atMs: this.#clock.nowMs() });
    return access;
  }

  #accessFrom(settings: IssuerSettings, payload: JWTPayload): Access {
    const { issuer, scopesClaim, scopePrefix, applicationsClaim, rowsPerSecond } = settings;
    const keyId = `${issuer}#${payload.sub ?? ""}`;
    const given = new Set(namesIn(payload[scopesClaim]));
    const applications = namesIn(payload[applicationsClaim]);
    return {
      keyId,
      scopes: new Set(SCOPES.filter((scope) => given.has(`${scopePrefix}${scope.toLowerCase()}`))),
      applications: applications.includes("*") ? undefined : new Set(applications),
      expiresAtMs: ((payload.exp ?? 0) + LEEWAY_S) * 1000,
      limit: rowsPerSecond === undefined ? undefined : this.#limitOf(keyId, rowsPerSecond),
    };
  }

  /** One for all tokens of a subject: another token is not another quota. */
  #limitOf(keyId: string, rowsPerSecond: number): RowBuckets {
    const limit = this.#limits.get(keyId) ?? new RowBuckets(rowsPerSecond, () => this.#clock.nowMs());
    this.#limits.delete(keyId);
    this.#limits.set(keyId, limit);
    for (const oldest of this.#limits.keys()) {
      if (this.#limits.size <= MAX_REMEMBERED) break;
      this.#limits.delete(oldest);
    }
    return limit;
  }
}

function remoteKeys(url: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(url), {
    cooldownDuration: COOL_DOWN_MS,
    cacheMaxAge: KEYS_MAX_AGE_MS,
    timeoutDuration: ASK_WITHIN_MS,
  });
}

/** A list, or one text with spaces between them. */
function namesIn(claim: unknown): readonly string[] {
  if (typeof claim === "string") return claim.split(" ").filter((name) => name !== "");
  return Array.isArray(claim) ? claim.filter((name) => typeof name === "string") : [];
}

/** jose's errors are about the token, and name nothing of ours. */
function problemOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "the token has expired: ask its issuer for another one";
  if (error instanceof errors.JWTClaimValidationFailed) return `the token's claim ${error.claim} is not as it must be`;
  if (error instanceof errors.JWKSTimeout) return "the keys of the token's issuer could not be had: try again later";
  return "the token is not one that its issuer signed for this server";
}
