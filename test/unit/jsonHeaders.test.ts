import { expect, test } from "@jest/globals";
import { jsonHeaders } from "../../src/cli/jsonHeaders.js";
import { parseConfig } from "../../src/config.js";

test("the key of the environment goes with a client's requests, where there is one", () => {
  const json = { "content-type": "application/json" };
  expect(jsonHeaders({ SKYSAIL_KEY: "pk_1_x" })).toEqual({ ...json, authorization: "Bearer pk_1_x" });
  expect(jsonHeaders({ SKYSAIL_KEY: "" })).toEqual(json);
  expect(jsonHeaders({})).toEqual(json);
});

test("a server starts from a shell that has a client's key", () => {
  expect(parseConfig([], { SKYSAIL_KEY: "pk_1_x" }, "/")).toMatchObject({ kind: "run" });
});
