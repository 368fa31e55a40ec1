import { describe, expect, test } from "@jest/globals";
import { setUpExample } from "../../src/cli/example.js";
import type { ExampleManifest } from "../../src/cli/example.js";

/** What the example is set up with on a server that has, or has not, its application. */
async function changesOn(application: object | null, manifest: ExampleManifest): Promise<unknown[]> {
  const changes: unknown[] = [];
  const ask = (query: string, variables: Record<string, unknown>): Promise<unknown> => {
    const change = /result: (\w+)/.exec(query)?.[1];
    if (change !== undefined) changes.push([change, variables["input"]]);
    return Promise.resolve(change === undefined ? { application } : { result: { __typename: "Stored" } });
  };
  await setUpExample(ask, manifest);
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
