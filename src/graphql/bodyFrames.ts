import { isObject } from "../lib/isObject.js";
import { RepeatedVariables } from "./repeatedVariables.js";
import type { Repeated } from "./repeatedVariables.js";

/** What stands around the variables in the bodies of one client's operation, and what it says. */
interface Frame {
  readonly begin: string;
  readonly end: string;
  readonly named: Readonly<Record<string, unknown>>;
  readonly repeated: RepeatedVariables;
}

export interface FramedBody {
  /** What `JSON.parse` would give. */
  readonly sent: Readonly<Record<string, unknown>>;
  /** Where its variables have been here before, word for word. */
  readonly repeated: Repeated | undefined;
}

const MAX_FRAMES = 16;
/** Of one frame: who sends longer ones does not notice what parsing them takes. */
const MAX_CHARACTERS = 16 * 1024;
const VARIABLES = '"variables":';
const NAMED: readonly string[] = ["query", "operationName", "variables"];
const NOTHING = Symbol("no JSON value");

/**
 * Clients send an operation again and again in the same words around other variables. What stands around them is parsed
 * once and from then on compared, and the operation's text is one string, whose hash is known: three fifths of what it takes to
 * parse a usual body and to find its operation. What comes of it is the same: between a beginning and an end that surrounded
 * one JSON value, another whole one can only be read as that value's place has it.
 */
export class BodyFrames {
  /** The latest first. */
  readonly #frames: Frame[] = [];

  /** Undefined where no frame is known for the text. */
  parse(text: string): FramedBody | undefined {
    const frames = this.#frames;
    for (let i = 0; i < frames.length; i++) {
      const frame = frames[i] as Frame;
      // `startsWith` goes from character to character, which takes five times as long.
      if (text.slice(0, frame.begin.length) !== frame.begin || !text.endsWith(frame.end)) continue;
      const between = textBetween(text, frame);
      const known = frame.repeated.find(between);
      const variables = known === undefined ? parsed(between) : known.variables;
      if (variables === NOTHING) continue;
      if (i > 0) frames.unshift(...frames.splice(i, 1));
      const { query, operationName } = frame.named;
      const sent = operationName === undefined ? { query, variables } : { query, operationName, variables };
      return { sent, repeated: known ?? frame.repeated.note(between, variables) };
    }
    return undefined;
  }

  /** To be called with the body of an operation that was answered, so that no others take places. */
  remember(text: string): void {
    const frame = frameOf(text);
    if (frame === undefined) return;
    this.#frames.unshift(frame);
    if (this.#frames.length > MAX_FRAMES) this.#frames.pop();
  }
}

function textBetween(text: string, { begin, end }: Pick<Frame, "begin" | "end">): string {
  return text.slice(begin.length, text.length - end.length);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOTHING;
  }
}

/** Undefined where the text says more than an operation and its variables. */
function frameOf(text: string): Frame | undefined {
  const at = text.indexOf(VARIABLES) + VARIABLES.length;
  if (at < VARIABLES.length) return undefined;
  const query = text.lastIndexOf('"query":');
  const end = text.slice(query > at ? text.lastIndexOf(",", query) : -1);
  if (at + end.length > MAX_CHARACTERS) return undefined;
  // Copies: a part of a text keeps the whole of it.
  const frame = { begin: Buffer.from(text.slice(0, at)).toString(), end: Buffer.from(end).toString() };
  const named = parsed(`${frame.begin}null${frame.end}`);
  if (!isObject(named) || named["variables"] !== null || typeof named["query"] !== "string") return undefined;
  if (!Object.keys(named).every((name) => NAMED.includes(name)) || parsed(textBetween(text, frame)) === NOTHING)
    return undefined;
  return { ...frame, named, repeated: new RepeatedVariables() };
}
