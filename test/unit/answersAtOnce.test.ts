import { expect, test } from "@jest/globals";
import { execute, parse } from "graphql";
import { OPEN_ACCESS } from "../../src/domain/access.js";
import { newContext } from "../../src/graphql/context.js";
import type { Services } from "../../src/graphql/context.js";
import { buildGraphqlSchema } from "../../src/graphql/schema.js";
import { failure } from "../../src/domain/failure.js";
import { FakeClock } from "../support/fakeClock.js";
import { Caller } from "../../src/lib/caller.js";
import { prediction } from "../support/fakeServing.js";

const QUERY = `query ($input: PredictInput!) {
  predict(input: $input) {
    ... on Prediction { output { ... on LabelOutput { label } } source }
    ... on Failure { code }
  }
}`;

test.each([
  ["a prediction", prediction({ source: "CACHE" }), { output: { label: "ant" }, source: "CACHE" }],
  ["a failure", failure("OVERLOADED", "too much"), { code: "OVERLOADED" }],
])("%s that is known at once is executed without a promise", (_what, known, expected) => {
  const services = { clock: new FakeClock(), predict: () => known } as unknown as Services;
  const result = execute({
    schema: buildGraphqlSchema(),
    document: parse(QUERY),
    contextValue: newContext(services, { arrivalMs: 0, caller: new Caller(), access: OPEN_ACCESS, address: () => "" }),
    variableValues: { input: { application: "insects", input: { values: [1, 2] } } },
  });
  expect(result).not.toBeInstanceOf(Promise);
  expect(JSON.parse(JSON.stringify(result))).toEqual({ data: { predict: expected } });
});
