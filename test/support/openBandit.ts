import { readFileSync } from "node:fs";
import type { LoggedChoice } from "../../src/correction/offPolicy.js";

/** The log of a Thompson sampler (test/fixtures/openBandit), with an even choice among the items as the policy to be judged. */
export function openBandit(shop: "men" | "women"): LoggedChoice[] {
  const text = readFileSync(new URL(`../fixtures/openBandit/bts-${shop}.csv`, import.meta.url), "utf8");
  const rows = text.trim().split("\n").slice(1);
  const parsed = rows.map((row) => row.split(",").map(Number) as [number, number, number, number]);
  const items = new Set(parsed.map(([item]) => item));
  const target = new Map([...items].map((item) => [`${item}`, 1 / items.size]));
  return parsed.map(([item, , click, propensity]) => ({ arm: `${item}`, propensity, value: click, target }));
}
