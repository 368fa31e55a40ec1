import { describe, expect, test } from "@jest/globals";
import { SyncTrace } from "../../bench/durability/syncTrace.js";

const WAL = "7</data/pg_wal/000000010000000000000003>";
const SOCKET = "9<TCP:[127.0.0.1:5433->127.0.0.1:50312]>";
const END = ", 8192, 0, NULL, NULL) = 300";

/** What strace 6.1 prints, with times in milliseconds from some moment. */
const at = (process: number, ms: number, call: string, tookMs?: number): string => {
  const took = tookMs === undefined ? "" : ` <${(tookMs / 1000).toFixed(6)}>`;
  return `${process} ${(1_700_000_000 + ms / 1000).toFixed(6)} ${call}${took}`;
};
const receives = (process: number, ms: number, key: string): string =>
  at(
    process,
    ms,
    String.raw`recvfrom(${SOCKET}, "B\0\0\1\10\0\0[{\"receipt_id\":\"r\",\"key\":\"${key}\"}]"${END}`,
    0.01,
  );
const answers = (process: number, ms: number, tag: string): string =>
  at(process, ms, String.raw`sendto(${SOCKET}, "C\0\0\0\v${tag}\0Z\0\0\0\5I", 17, 0, NULL, 0) = 17`, 0.02);
const syncs = (process: number, ms: number, tookMs: number, result = "0"): string =>
  at(process, ms, `fdatasync(${WAL}) = ${result}`, tookMs);

function read(...lines: readonly string[]) {
  const trace = new SyncTrace();
  for (const line of lines) trace.add(line);
  return trace;
}

describe("a trace of PostgreSQL's calls", () => {
  test("shows a group to be flushed where the log was, after its rows had come and before COMMIT was answered", () => {
    const trace = read(receives(21, 0, "1-0-0"), syncs(21, 1, 0.5), answers(21, 2, "COMMIT"));
    expect(trace.groups).toEqual([{ keys: ["1-0-0"], isSynced: true }]);
    expect(trace.syncs).toBe(1);
  });

  test.each([
    ["there was none", []],
    ["it had begun before", [syncs(22, -1, 1.5)]],
    ["it failed", [syncs(21, 1, 0.5, "-1 EIO (Input/output error)")]],
    ["it was of another file", [at(21, 1, "fdatasync(8</data/base/5/16384>) = 0", 0.5)]],
  ])("shows that it was not flushed where %s", (_, between) => {
    const trace = read(...between, receives(21, 0, "1-0-0"), ...between, answers(21, 2, "COMMIT"));
    expect(trace.groups).toEqual([{ keys: ["1-0-0"], isSynced: false }]);
  });

  test("shows that it was not flushed where the answer did not wait for the flush's end", () => {
    const trace = read(
      receives(21, 0, "1-0-0"),
      at(30, 1, `fdatasync(${WAL} <unfinished ...>`),
      answers(21, 2, "COMMIT"),
      at(30, 3, "<... fdatasync resumed>) = 0", 2),
    );
    expect(trace.groups).toEqual([{ keys: ["1-0-0"], isSynced: false }]);
    expect(trace.syncs).toBe(1);
  });

  test("takes another process's flush, and calls that others came between", () => {
    const [before, after] = receives(21, 0, "1-0-0").split('"B');
    const trace = read(
      `${before} <unfinished ...>`,
      at(30, 0.1, 'sendto(5<TCP:[a->b]>, "x", 1, 0, NULL, 0) = 1', 0.01),
      at(21, 0.2, `<... recvfrom resumed>"B${after?.replace(/ <[^<]*$/, "")}`, 0.3),
      at(30, 1, `fdatasync(${WAL} <unfinished ...>`),
      receives(22, 1.1, "1-1-0"),
      at(30, 1.5, "<... fdatasync resumed>) = 0", 0.5),
      at(21, 2, String.raw`sendto(${SOCKET}, "C\0\0\0\vCOMMIT\0Z\0\0\0\5I", 17, 0, NULL, 0 <unfinished ...>`),
      answers(22, 2.5, "COMMIT"),
      at(21, 3, "<... sendto resumed>) = 17", 1),
    );
    expect(trace.groups).toEqual([
      { keys: ["1-0-0"], isSynced: true },
      // Came after that flush had begun.
      { keys: ["1-1-0"], isSynced: false },
    ]);
  });

  test("takes a statement that is a transaction by itself for committed where it says that it stored its group", () => {
    const trace = read(
      receives(21, 0, "1-0-0"),
      syncs(21, 1, 0.5),
      answers(21, 2, "SELECT 0"),
      receives(21, 3, "1-0-1"),
      syncs(21, 4, 0.5),
      answers(21, 5, "SELECT 1"),
      receives(21, 6, "1-0-2"),
      answers(21, 7, "SELECT 1"),
    );
    expect(trace.groups).toEqual([
      { keys: ["1-0-1"], isSynced: true },
      { keys: ["1-0-2"], isSynced: false },
    ]);
  });

  test("leaves out what was rolled back, and transactions without observations", () => {
    const trace = read(
      receives(21, 0, "1-0-0"),
      answers(21, 1, "ROLLBACK"),
      answers(21, 2, "COMMIT"),
      receives(21, 3, "1-0-1"),
      receives(21, 4, "1-0-2"),
      syncs(21, 5, 0.1),
      answers(21, 6, "COMMIT"),
    );
    expect(trace.groups).toEqual([{ keys: ["1-0-1", "1-0-2"], isSynced: true }]);
  });
});
