import { expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { ApiKeys } from "../../src/access/apiKeys.js";
import { digestOf, newKeyText } from "../../src/access/keyText.js";
import type { Access, ApiKey } from "../../src/domain/access.js";
import { FakeClock } from "../support/fakeClock.js";

const ROW = { PREDICT: 1, OBSERVE: 0, OTHER: 0 };
const LIMIT = 100;

test("a key that asks for ten times its share takes nothing of another's", async () => {
  const clock = new FakeClock();
  const made = ["noisy", "victim"].map((name) => ({ name, ...newKeyText(randomBytes) }));
  const stored = made.map(({ name, id, secret }): ApiKey => ({
    id,
    name,
    digest: digestOf(secret),
    scopes: ["PREDICT"],
    applications: undefined,
    rowsPerSecond: LIMIT,
    createdAtMs: 0,
    expiresAtMs: undefined,
    revokedAtMs: undefined,
    lastUsedAtMs: undefined,
  }));
  const store = {
    read: () => Promise.resolve(stored),
    create: () => Promise.reject(new Error("no key is made here")),
    revoke: () => Promise.reject(new Error("no key is revoked here")),
    noteUses: () => Promise.resolve(),
    onChange: () => Promise.resolve({ stop: () => Promise.resolve() }),
  };
  const keys = new ApiKeys({ clock, store, warn: () => undefined, onChange: () => undefined });
  await keys.start();
  const admitted = [0, 0];
  const ask = (which: number): void => {
    const access = keys.accessOf(made[which]?.text ?? "") as Access;
    if (access.limit?.take(ROW) === undefined) admitted[which] = (admitted[which] ?? 0) + 1;
  };
  // Ten seconds, in which the one asks for 1,000 rows a second and the other for 95.
  for (let ms = 0; ms < 10_000; ms++) {
    ask(0);
    if (ms % 1000 < 950 && ms % 10 === 0) ask(1);
    clock.advance(1);
  }
  expect(admitted[1]).toBe(950);
  expect(admitted[0]).toBeLessThanOrEqual(11 * LIMIT);
  await keys.stop();
});
