import { expect, test } from "@jest/globals";
import { SCOPES } from "../../src/domain/access.js";
import { askWith } from "../support/keyed.js";
import { LEARNED_STATE, OBSERVE_MANY } from "../support/learningOperations.js";
import { application, noop, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();
const CREATE_KEY = `mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { ... on ApiKeyCreated { text } ... on Failure { message } }
}`;

test("one key's feedback is learned up to its share, and kept beyond it; another key's is learned on", async () => {
  const server = await servers.start();
  await register(server, { model: "noop", wrappers: [await wrappers.start(noop())] });
  await application(server, "shared", ["noop"], {
    policy: { linear: { prior: { ridge: 1 } } },
    loss: { squared: { range: 100 } },
    feedback: { learnedShare: 0.1 },
  });
  const key = async (name: string, by?: string): Promise<string> => {
    const { data } = await askWith(server, by, { query: CREATE_KEY, variables: { input: { name, scopes: SCOPES } } });
    return (data?.["createApiKey"] as { text: string }).text;
  };
  const admin = await key("root");
  const [busy, quiet] = [await key("busy", admin), await key("quiet", admin)];
  const observe = async (by: string, ...keys: readonly string[]) => {
    const inputs = keys.map((each) => ({
      key: each,
      truth: { number: 2 },
      of: { example: { application: "shared", input: { values: [1] } } },
    }));
    const { data } = await askWith(server, by, { query: OBSERVE_MANY.toString(), variables: { inputs } });
    return data?.["observeMany"] as {
      folded: boolean;
      duplicate: boolean;
      withheld: string | null;
      standing: string;
    }[];
  };

  const told = await observe(busy, ...Array.from({ length: 12 }, (_, i) => `b${i}`));
  expect(told.map(({ folded }) => folded)).toEqual([...Array<boolean>(10).fill(true), false, false]);
  expect(told.at(-1)).toMatchObject({ withheld: "LEARNED_SHARE", standing: "NOT_COUNTED" });
  expect(await observe(quiet, "q")).toMatchObject([{ folded: true, withheld: null, standing: "COUNTED" }]);
  expect(await observe(busy, "b0", "b11")).toMatchObject([
    { duplicate: true, withheld: null, standing: "COUNTED" },
    { duplicate: true, withheld: "LEARNED_SHARE", standing: "NOT_COUNTED" },
  ]);
  const variables = { application: "shared" };
  const { data } = await askWith(server, admin, { query: LEARNED_STATE.toString(), variables });
  expect(data?.["learnedState"]).toMatchObject({ observations: 11 });
  const metrics = await server.request("/metrics", { headers: { authorization: `Bearer ${admin}` } });
  expect(metrics.text).toContain('skysail_withheld_observations_total{application="shared"} 2');
});
