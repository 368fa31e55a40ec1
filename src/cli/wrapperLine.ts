import { z } from "zod";

const LEVELS: Readonly<Record<number, string>> = { 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal" };
const LINE = z.looseObject({ level: z.number(), msg: z.string() });
/** A stack, as Python wrappers have it and as pino does. */
const STACK = z.union([z.string(), z.looseObject({ stack: z.string() }).transform(({ stack }) => stack)]);

/** Wrappers log JSON in pino's fields; what a framework prints is text, which no terminal is to obey. */
export function wrapperLine(text: string): string {
  try {
    const { level, msg, time: _time, pid: _pid, hostname: _host, name: _name, ...all } = LINE.parse(JSON.parse(text));
    const stack = STACK.safeParse(all["err"]);
    const { err: _err, ...others } = all;
    const facts = stack.success ? others : all;
    const more = Object.keys(facts).length === 0 ? "" : ` ${JSON.stringify(facts)}`;
    return printable(`${LEVELS[level] ?? level} ${msg.trimEnd()}${more}${stack.success ? `\n${stack.data}` : ""}`);
  } catch {
    return printable(cutLine(text) ?? text);
  }
}

const CUT = /^\{"level": ?(\d+),.*?"msg": ?"((?:[^"\\]|\\.)*)", ?"err": ?"((?:[^"\\]|\\.)*)/s;

/** A line with a long stack is kept up to a length only: its end is what is missing. */
function cutLine(text: string): string | undefined {
  const [, level, msg = "", stack = ""] = CUT.exec(text) ?? [];
  if (level === undefined) return undefined;
  try {
    return `${LEVELS[Number(level)] ?? level} ${unescaped(msg).trimEnd()}\n${unescaped(stack)}...`;
  } catch {
    return undefined;
  }
}

/** The last escape may have been cut as well. */
function unescaped(text: string): string {
  return String(JSON.parse(`"${text.replace(/\\u[\da-fA-F]{0,3}$/, "")}"`));
}

/** What was several lines in one is shown as such. */
function printable(text: string): string {
  return text
    .replace(/\r?\n/g, "\n    ")
    .replace(/\t/g, " ")
    .replace(/[^\P{Cc}\n]/gu, "\ufffd");
}
