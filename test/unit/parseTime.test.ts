import { expect, test } from "@jest/globals";
import { parseTime } from "../../src/serving/parseTime.js";

test("a date is its beginning in UTC, and a time needs its offset", () => {
  expect(parseTime("from", "2026-01-31")).toBe(Date.UTC(2026, 0, 31));
  expect(parseTime("from", "2026-01-31T12:30:00+02:00")).toBe(Date.UTC(2026, 0, 31, 10, 30));
  for (const text of ["yesterday", "2026-02-30", "2026-13-01", "2026-01-31T12:30:00", "1700000000", ""]) {
    const message: unknown = expect.stringMatching(/^from: expected a date such as 2026-01-31, or a time .* got /);
    expect(parseTime("from", text)).toMatchObject({ code: "BAD_INPUT", path: ["from"], message });
  }
});
