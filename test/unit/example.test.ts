import { afterEach, describe, expect, test } from "@jest/globals";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setUpExample } from "../../src/cli/example.js";
import type { ExampleManifest } from "../../src/cli/example.js";

interface Asked {
  readonly query: string;
  readonly variables: { readonly input?: object };
}

let server: Server | undefined;
afterEach(() => new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve))));

/** What the example is set up with on a server that has, or has not, its application. */
async function changesOn(application: object | null, manifest: ExampleManifest): Promise<unknown[]> {
  const changes: unknown[] = [];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const { query, variables } = JSON.parse(body) as Asked;
      const change = /result: (\w+)/.exec(query)?.[1];
      if (change !== undefined) changes.push([change, variables.input]);
      const data = change === undefined ? { application } : { result: { __typename: "Stored" } };
      response.setHeader("connection", "close").end(JSON.stringify({ data }));
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  await setUpExample(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, manifest);
  return changes;
}

const MANIFEST: ExampleManifest = {
  application: {
    name: "letters",
    description: "",
    sloMs: 50,
    input: [],
    output: { kind: "LABEL", labels: ["a", "b"] },
  },
  models: ["b", "a"].map((name, i) => ({ name, version: 2, wrapper: "onnx", file: `${name}.onnx`, weight: i + 0.5 })),
  try: { values: [], label: "a" },
};

describe("the example", () => {
  test("is made with all its links in one change, after its models", async () => {
    expect(await changesOn(null, MANIFEST)).toEqual([
      ["registerModelVersion", { model: "b", version: 2 }],
      ["registerModelVersion", { model: "a", version: 2 }],
      [
        "createApplication",
        {
          ...MANIFEST.application,
          models: [
            { model: "b", weight: 0.5 },
            { model: "a", weight: 1.5 },
          ],
        },
      ],
    ]);
  });

  test("is left alone once it is there, also where somebody has unlinked all its models", async () => {
    expect(await changesOn({ name: "letters", models: [] }, MANIFEST)).toEqual([]);
  });
});
