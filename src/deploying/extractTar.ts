import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { badInput, FailureError } from "../domain/failure.js";

const BLOCK = 512;
const ZEROS = Buffer.alloc(BLOCK);
const WINDOW_BYTES = 64 * 1024;
const MAX_ENTRIES = 100_000;
const MAX_DEPTH = 64;
const MAX_PATH_BYTES = 1024;
/** Of a name, or a list of attributes, that did not fit a header. */
const MAX_EXTENSION_BYTES = 64 * 1024;

interface Header {
  readonly name: string;
  readonly size: number;
  readonly type: string;
}

/**
 * Unpacks a tar of files and folders into a folder that exists. Whatever else a tar may hold (links, devices), and every
 * name that leads out of the folder or comes twice, is refused with a FailureError; what was unpacked before it stays, for
 * the caller to remove. Sizes need no bound of their own: nothing is compressed, so the files together are at most as long
 * as the tar. Formats: ustar, pax (its `path` and `size`) and GNU's long names.
 */
export async function extractTar(path: string, into: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await extractFrom(file, path, into);
  } finally {
    await file.close();
  }
}

/** Reads a file by windows: entries without content follow each other every 512 bytes. */
class WindowedFile {
  readonly #file: FileHandle;
  #window = Buffer.alloc(0);
  #from = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** What is there of `length` bytes from `at` on. A view that no later call writes to. */
  async readAt(at: number, length: number): Promise<Buffer> {
    const within = at - this.#from;
    if (within < 0 || within + length > this.#window.length) {
      const window = Buffer.alloc(Math.max(length, WINDOW_BYTES));
      const { bytesRead } = await this.#file.read(window, 0, window.length, at);
      this.#window = window.subarray(0, bytesRead);
      this.#from = at;
    }
    return this.#window.subarray(at - this.#from, at - this.#from + length);
  }
}

async function extractFrom(handle: FileHandle, path: string, into: string): Promise<void> {
  const { size: end } = await handle.stat();
  const file = new WindowedFile(handle);
  let at = 0;
  let entries = 0;
  let longName: string | undefined;
  for (;;) {
    const block = await file.readAt(at, BLOCK);
    // Two blocks of zeros end it; some writers are content with the end of the file.
    if (block.equals(ZEROS.subarray(0, block.length))) return;
    const header = parseHeader(block);
    const from = at + BLOCK;
    if (from + header.size > end) throw refused("a whole tar", `one whose entry ${shown(header.name)} ends early`);
    at = from + Math.ceil(header.size / BLOCK) * BLOCK;
    if (++entries > MAX_ENTRIES) throw refused(`at most ${MAX_ENTRIES} entries`, "more");
    if (header.type === "x" || header.type === "L") {
      longName = await longNameOf(file, from, header);
      continue;
    }
    // Attributes for all entries: none that we keep.
    if (header.type === "g") continue;
    const target = targetOf(into, longName ?? header.name);
    longName = undefined;
    if (header.type === "5") await mkdir(target, { recursive: true });
    else if (header.type === "0" || header.type === "\0") await writeEntry(path, from, header.size, target);
    else throw refused("files and folders", `${shown(header.name)} of type ${JSON.stringify(header.type)}`);
  }
}

async function writeEntry(path: string, from: number, size: number, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  // `wx`: never through something that is there already.
  const output = createWriteStream(target, { flags: "wx", mode: 0o444 });
  const input = size === 0 ? [] : createReadStream(path, { start: from, end: from + size - 1 });
  try {
    await pipeline(input, output);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === "EEXIST" || code === "EISDIR") throw refused("each name once", shown(target.slice(-80)));
    throw error;
  }
}

async function longNameOf(file: WindowedFile, from: number, { size, type }: Header): Promise<string | undefined> {
  if (size > MAX_EXTENSION_BYTES) throw refused(`names of at most ${MAX_PATH_BYTES} bytes`, `${size} bytes`);
  const text = (await file.readAt(from, size)).toString("utf8");
  if (type === "L") return text.replace(/\0+$/, "");
  return paxPath(text);
}

/** Records of `length key=value\n`. (POSIX.1-2017, pax, "pax Extended Header".) */
function paxPath(text: string): string | undefined {
  let path: string | undefined;
  for (const [, key, value] of text.matchAll(/\d+ ([^=\n]+)=([^\n]*)\n/g)) {
    if (key === "path") path = value;
    if (key === "size") throw refused("sizes in the headers", "a size in an extended header");
  }
  return path;
}

function parseHeader(block: Buffer): Header {
  let sum = 0;
  for (let i = 0; i < block.length; i++) sum += i >= 148 && i < 156 ? 32 : (block[i] as number);
  if (octal(block, 148, 8) !== sum) throw refused("a tar of the model's folder", "something else, or a damaged one");
  const isUstar = block.toString("latin1", 257, 262) === "ustar";
  // GNU's format has other things where ustar has the prefix.
  const prefix = isUstar && block[263] === 0x30 ? text(block, 345, 155) : "";
  const name = text(block, 0, 100);
  const type = String.fromCharCode(block[156] ?? 0);
  const hasContent = type === "0" || type === "\0" || type === "x" || type === "g" || type === "L";
  return { name: prefix === "" ? name : `${prefix}/${name}`, size: hasContent ? octal(block, 124, 12) : 0, type };
}

function targetOf(into: string, name: string): string {
  const steps = name.split("/").filter((step) => step !== "" && step !== ".");
  const isSafe = !name.startsWith("/") && !steps.includes("..") && !/[\0\\]/.test(name);
  if (!isSafe || steps.length > MAX_DEPTH || Buffer.byteLength(name) > MAX_PATH_BYTES) {
    throw refused("relative names without ..", shown(name));
  }
  return join(into, ...steps);
}

function text(block: Buffer, from: number, length: number): string {
  const field = block.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? length : end);
}

/** -1 for what is no number. (Sizes of 8 GiB and more come in another form, and are refused.) */
function octal(block: Buffer, from: number, length: number): number {
  const digits = text(block, from, length).trim();
  return /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : -1;
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 120));
}

function refused(expected: string, got: string): FailureError {
  return new FailureError(badInput(["artifact"], expected, got));
}
