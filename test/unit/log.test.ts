import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { createLog, printable, sparing } from "../../src/telemetry/log.js";
import { FakeClock } from "../support/fakeClock.js";

describe("printable text", () => {
  test("has its control characters escaped, line breaks among them", () => {
    expect(printable("a\r\nb")).toBe("a\\u000d\\u000ab");
    expect(printable("\u001b[31mred\u0000\u007f\u009b")).toBe("\\u001b[31mred\\u0000\\u007f\\u009b");
    expect(printable("plain: ä 蟻 🐜")).toBe("plain: ä 蟻 🐜");
  });

  test("is one line of bounded length, whatever came", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 5000, size: "max" }), (text) => {
        const line = printable(text);
        expect(/\p{Cc}/u.test(line)).toBe(false);
        expect(line.length).toBeLessThan(2000 * 6 + 20);
      }),
    );
  });

  test("says how long a text was that it cut", () => {
    expect(printable("x".repeat(2001))).toBe(`${"x".repeat(2000)}... (2001)`);
    expect(printable("x".repeat(2000))).toBe("x".repeat(2000));
  });
});

test("the same message is written once in ten seconds, another at once", () => {
  const clock = new FakeClock();
  const written: string[] = [];
  const write = sparing(clock, (message) => void written.push(message));
  for (const message of ["a", "a", "b", "a"]) write(message);
  expect(written).toEqual(["a", "b"]);
  clock.advance(10_000);
  for (const message of ["a", "a"]) write(message);
  expect(written).toEqual(["a", "b", "a"]);
});

describe("lines of wrappers", () => {
  const written: string[] = [];
  beforeEach(() => {
    written.length = 0;
    jest.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  test("stand under their wrapper's name, one line each", () => {
    createLog("info", new FakeClock()).wrapper("m@1", "hello\n[other@1] forged");
    expect(written).toEqual(["[m@1] hello\\u000a[other@1] forged\n"]);
  });

  test("are limited to 200 a second for each wrapper, and say how many were left out", () => {
    const clock = new FakeClock();
    const log = createLog("info", clock);
    for (let i = 0; i < 250; i++) log.wrapper("m@1", `line ${i}`);
    log.wrapper("quiet@1", "heard");
    expect(written).toHaveLength(201);
    clock.advance(999);
    log.wrapper("m@1", "too early");
    expect(written).toHaveLength(201);
    clock.advance(1);
    log.wrapper("m@1", "again");
    expect(written.slice(200)).toEqual(["[quiet@1] heard\n", "[m@1] 51 lines left out\n", "[m@1] again\n"]);
  });

  test("are not written where only warnings are wanted", () => {
    createLog("warn", new FakeClock()).wrapper("m@1", "hello");
    expect(written).toEqual([]);
  });
});
