import { expect, test } from "@jest/globals";
import { failure, FailureError } from "../../src/domain/failure.js";
import { orFailure, storeFailure, TransactionError } from "../../src/store/transaction.js";

/** As PostgreSQL words it: the statement's parts, a row of somebody else's. */
const SAID = 'duplicate key value violates "person_pkey": Key (name)=(somebody) of 10.0.0.7:5432';

const fromPostgres = (code: string) => Object.assign(new Error(SAID), { code, severity: "ERROR" });
const fromSocket = (code: string) => Object.assign(new Error(SAID), { code });

test.each([
  ["a value", fromPostgres("22P05"), "BAD_INPUT"],
  ["a statement", fromPostgres("42P01"), "INTERNAL"],
  ["a defect of ours", new TypeError(SAID), "INTERNAL"],
  ["too much at once", fromPostgres("53300"), "STORE_UNAVAILABLE"],
  ["a full disk", fromPostgres("53100"), "STORE_UNAVAILABLE"],
  ["a lost connection", fromSocket("ECONNREFUSED"), "STORE_UNAVAILABLE"],
  ["an answer that did not come", new TransactionError(fromSocket("CONNECTION_CLOSED"), true), "OUTCOME_UNKNOWN"],
  ["a connection lost before COMMIT", new TransactionError(fromSocket("ECONNRESET"), false), "STORE_UNAVAILABLE"],
  [
    "what was found on the way",
    new FailureError(failure("INTERNAL", "failed"), { cause: new Error(SAID) }),
    "INTERNAL",
  ],
] as const)("what the database says of %s is told to the log and not to callers", async (_, error, code) => {
  const heard: string[] = [];
  const database = { refused: (why: string) => void heard.push(why) };
  const told = storeFailure(error, database);
  expect(told.code).toBe(code);
  expect(JSON.stringify(told)).not.toMatch(/somebody|person_pkey|10\.0\.0\.7/);
  await expect(orFailure(Promise.reject(error), database)).rejects.toThrow(told.message);
  expect(heard).toEqual([SAID, SAID]);
});

test("a failure that is ours goes through as it is, and nobody hears of it", () => {
  const ours = failure("CONFLICT", "the revision is another");
  const heard: string[] = [];
  expect(storeFailure(new FailureError(ours), { refused: (why) => void heard.push(why) })).toBe(ours);
  expect(heard).toEqual([]);
});
