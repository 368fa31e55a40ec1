import { InvalidArgumentError } from "commander";

/** Parsers for commander: what they throw becomes the one line on stderr. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError("It must be a positive integer.");
  return value;
}

/** So many; without a count, one or more. */
export function numbers(count?: number): (text: string) => readonly number[] {
  return (text) => {
    const values = text.split(",").map(Number);
    const counted = text.trim() !== "" && values.length === (count ?? values.length);
    if (counted && values.every((value) => Number.isFinite(value) && value >= 0)) return values;
    throw new InvalidArgumentError(`It must be ${count ?? "some"} numbers of at least 0, separated by commas.`);
  };
}

export function nonNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError("It must be a number of at least 0.");
  }
  return value;
}

export function oneOf<T extends string>(...choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice === undefined) throw new InvalidArgumentError(`It must be one of ${choices.join(", ")}.`);
    return choice;
  };
}

/** Names of classes: two or more, each once. */
export function distinctTexts(text: string): readonly string[] {
  const texts = text.split(",");
  if (texts.length > 1 && texts.every((one) => one !== "") && new Set(texts).size === texts.length) return texts;
  throw new InvalidArgumentError("It must be two names or more, each once, separated by commas.");
}

export function listenAddress(text: string): string {
  if (/^unix:.+/.test(text) || /^[^\s]+:\d{1,5}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be unix:/path or host:port.");
}
