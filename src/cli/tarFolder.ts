import { createReadStream, createWriteStream } from "node:fs";
import { readdir, stat, lstat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { failure, FailureError } from "../domain/failure.js";

const BLOCK = 512;
/** Eleven octal digits. */
const MAX_FILE_BYTES = 8 ** 11 - 1;

interface Entry {
  /** Below the folder, with slashes. */
  readonly name: string;
  readonly path: string;
  /** Undefined of a folder. */
  readonly bytes: number | undefined;
}

/** Writes a folder's files as a tar (ustar, with pax headers for long names): of the same files always the same bytes. */
export async function tarFolder(folder: string, target: string): Promise<void> {
  await pipeline(Readable.from(blocks(await entriesOf(folder, "")), { objectMode: false }), createWriteStream(target));
}

async function entriesOf(folder: string, below: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const names = await readdir(join(folder, below));
  for (const each of names.sort()) {
    const name = below === "" ? each : `${below}/${each}`;
    const path = join(folder, name);
    const found = await stat(path);
    if (found.isFile()) entries.push({ name, path, bytes: found.size });
    else if (found.isDirectory() && !(await lstat(path)).isSymbolicLink()) {
      entries.push({ name: `${name}/`, path, bytes: undefined }, ...(await entriesOf(folder, name)));
    } else throw refused(`${path} is neither a file nor a folder`);
  }
  return entries;
}

async function* blocks(entries: readonly Entry[]): AsyncGenerator<Uint8Array> {
  for (const { name, path, bytes } of entries) {
    if ((bytes ?? 0) > MAX_FILE_BYTES) throw refused(`${path} has more than ${MAX_FILE_BYTES} bytes`);
    if (Buffer.byteLength(name) > 100) yield* longName(name);
    yield header(name, bytes === undefined ? "5" : "0", bytes ?? 0);
    if (bytes === undefined) continue;
    let sent = 0;
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      sent += chunk.length;
      yield chunk;
    }
    if (sent !== bytes) throw refused(`${path} changes while it is read`);
    yield padding(bytes);
  }
  yield Buffer.alloc(2 * BLOCK);
}

function* longName(name: string): Generator<Uint8Array> {
  const record = paxRecord("path", name);
  yield header("pax", "x", record.length);
  yield record;
  yield padding(record.length);
}

/** The length counts itself. (POSIX.1-2017, pax, "pax Extended Header".) */
function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  for (let digits = 0; digits !== String(length).length;) {
    digits = String(length).length;
    length = Buffer.byteLength(rest) + digits;
  }
  return Buffer.from(`${length}${rest}`);
}

function header(name: string, type: string, bytes: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(Buffer.from(name).subarray(0, 100).toString("latin1"), 0, "latin1");
  block.write(type === "5" ? "0000755\0" : "0000644\0", 100);
  block.write("0000000\0".repeat(2), 108);
  block.write(`${bytes.toString(8).padStart(11, "0")}\0${"0".repeat(11)}\0`, 124);
  block.write(" ".repeat(8), 148);
  block.write(type, 156);
  block.write("ustar\0", 257);
  block.write("00", 263);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function padding(bytes: number): Buffer {
  return Buffer.alloc((BLOCK - (bytes % BLOCK)) % BLOCK);
}

function refused(message: string): FailureError {
  return new FailureError(failure("BAD_INPUT", message));
}
