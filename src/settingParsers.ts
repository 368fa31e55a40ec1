import { BATCH_SIZE_CONTROLLERS } from "./domain/modelSettings.js";
import type { BatchSizeControllerKind } from "./domain/modelSettings.js";
import { hostRuleProblem } from "./lib/hostRules.js";

/* eslint-disable @typescript-eslint/only-throw-error -- parsers throw what they expected; parseOne makes it an error */

export function parseText(value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw "a text";
}

export function parseDatabaseUrl(value: unknown): string | undefined {
  if (typeof value === "string" && /^postgres(ql)?:\/\//.test(value) && URL.canParse(value)) return value;
  throw "a URL that begins with postgres://";
}

export function integer(least: number, most: number): (value: unknown) => number {
  return (value) => {
    const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isInteger(number) && number >= least && number <= most) return number;
    throw `an integer from ${least} to ${most}`;
  };
}

export function oneOf<T extends string>(...choices: readonly T[]): (value: unknown) => T {
  return (value) => {
    if ((choices as readonly unknown[]).includes(value)) return value as T;
    throw `one of ${choices.join(", ")}`;
  };
}

export function parseController(value: unknown): BatchSizeControllerKind {
  const named = BATCH_SIZE_CONTROLLERS.find((name) => name === String(value).toUpperCase());
  if (named !== undefined) return named;
  throw `one of ${BATCH_SIZE_CONTROLLERS.join(", ").toLowerCase()}`;
}

export function parseBoolean(value: unknown): boolean {
  if (value === true || value === "true" || value === "1") return true;
  if (value === false || value === "false" || value === "0") return false;
  throw "true or false";
}

/** As browsers send them: a list, or one text with commas. */
export function parseOrigins(value: unknown): readonly string[] {
  return listOf(value).map((each) => {
    const text = typeof each === "string" ? each.trim() : "";
    if (/^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text) return text;
    throw "origins like https://a.example, without a path or a slash at the end";
  });
}

/** As HostRules reads them: a list, or one text with commas. */
export function parseHosts(value: unknown): readonly string[] {
  return listOf(value).map((each) => {
    const text = typeof each === "string" ? each.trim() : "";
    const problem = hostRuleProblem(text);
    if (problem === undefined) return text;
    throw `hosts like gpu-1, *.models.svc, 10.0.0.0/8 or unix:/run/skysail/, and "${text}" ${problem}`;
  });
}

function listOf(value: unknown): readonly unknown[] {
  return typeof value === "string" ? value.split(",") : Array.isArray(value) ? value : [value];
}
