import { expect, test } from "@jest/globals";
import { identityProblem } from "../../src/protocol/peerIdentity.js";

test.each([
  ["URI:wrapper:m:1", undefined],
  ["DNS:a.example, URI:wrapper:m:1, IP Address:127.0.0.1", undefined],
  ["URI:wrapper:m:2", "wrapper:m:2"],
  ["DNS:wrapper:m:1", "no URI"],
  ['DNS:"a, URI:wrapper:m:1, b"', "no URI"],
  ['DNS:"a\\", URI:wrapper:m:1, b"', "no URI"],
  ['DNS:"a, URI:wrapper:m:1, DNS:b"', "no URI"],
  ['URI:"wrapper:m:1"', "no URI"],
  ["what is this, URI:wrapper:m:1", "no URI"],
  [undefined, "no URI"],
])("names %j: %s", (names, said) => {
  const problem = identityProblem("wrapper:m:1", names);
  if (said === undefined) expect(problem).toBeUndefined();
  else expect(problem).toBe(`the certificate is not that of wrapper:m:1: it names ${said}`);
});
