import { expect, test } from "@jest/globals";
import { parse } from "graphql";
import type { AuditEntry } from "../../src/domain/access.js";
import { OPEN_ACCESS } from "../../src/domain/access.js";
import { Refusals } from "../../src/access/refusals.js";
import { admissionOf, admit } from "../../src/graphql/admission.js";
import { newContext } from "../../src/graphql/context.js";
import type { Services } from "../../src/graphql/context.js";
import { buildGraphqlSchema } from "../../src/graphql/schema.js";
import { Caller } from "../../src/lib/caller.js";
import { FakeClock } from "../support/fakeClock.js";

const SCHEMA = buildGraphqlSchema();

function setUp() {
  const clock = new FakeClock();
  const written: AuditEntry[] = [];
  const record = (entry: AuditEntry) => Promise.resolve(void written.push(entry));
  const refusals = new Refusals({ record }, clock);
  const services = { clock, refusals } as unknown as Services;
  /** Code of the refusal of one request. */
  const refuse = (text: string, keyId = "k"): unknown => {
    const access = { ...OPEN_ACCESS, keyId, scopes: new Set(["READ"] as const) };
    const asking = { arrivalMs: 0, caller: new Caller(), access, address: () => "a" };
    try {
      admit(admissionOf(SCHEMA, parse(text), undefined), newContext(services, asking), {});
    } catch (error) {
      return (error as { extensions: { code: unknown } }).extensions.code;
    }
    return undefined;
  };
  return { clock, refuse, refusals, written: () => written.map(({ keyId, action }) => `${keyId} ${action}`) };
}

const DELETE = 'deleteApplication(input: { name: "a" }) { __typename }';
const RESET = 'resetPolicy(input: { application: "a" }) { __typename }';

test("a request of a hundred refused fields leaves one entry", () => {
  const { refuse, refusals, written } = setUp();
  const fields = Array.from({ length: 100 }, (_, i) => `f${i}: ${i % 2 === 0 ? DELETE : RESET}`).join(" ");
  expect(refuse(`mutation { ${fields} }`)).toBe("FORBIDDEN");
  expect(written()).toEqual(["k deleteApplication"]);
  expect([...refusals.counts]).toEqual([["FORBIDDEN", 1]]);
});

test("the same attempt of a key is recorded once a minute, others at once, and all are counted", () => {
  const { clock, refuse, refusals, written } = setUp();
  for (let i = 0; i < 1000; i++) refuse(`mutation { ${DELETE} }`);
  expect(written()).toEqual(["k deleteApplication"]);
  refuse(`mutation { ${RESET} }`);
  refuse(`mutation { ${DELETE} }`, "other");
  expect(written().slice(1)).toEqual(["k resetPolicy", "other deleteApplication"]);
  clock.advance(60_000);
  refuse(`mutation { ${DELETE} }`);
  expect(written().slice(3)).toEqual(["k deleteApplication"]);
  expect([...refusals.counts]).toEqual([["FORBIDDEN", 1003]]);
});

test("what is not an administrator's to change is counted and not recorded", () => {
  const { refuse, refusals, written } = setUp();
  expect(refuse("{ auditLog { __typename } }")).toBe("FORBIDDEN");
  expect(written()).toEqual([]);
  expect(refusals.counts.get("FORBIDDEN")).toBe(1);
});
