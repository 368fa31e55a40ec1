import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { parseManifest, setUpExample } from "../../src/cli/example.js";
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
    output: { label: { labels: ["a", "b"] } },
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

  test("states all that the API takes: nothing is left out on the way", async () => {
    const application = {
      ...MANIFEST.application,
      policy: { ensemble: { eta: 0.2, share: 0.01, adaptive: false, average: "MEDIAN" } },
      loss: { squared: { range: 2 } },
      feedback: { logPredictions: "EVIDENCE", apprentice: true },
      coverage: 0.8,
    };
    const manifest = parseManifest({ ...MANIFEST, application }, "application.json");
    expect((await changesOn(null, manifest)).at(-1)).toMatchObject(["createApplication", application]);
    for (const policy of [
      { linear: { prior: { strength: 4 } } },
      { squarecb: { gammaScale: 3, context: { tensor: "x" } } },
    ]) {
      const other = parseManifest({ ...MANIFEST, application: { ...application, policy } }, "application.json");
      expect((await changesOn(null, other)).at(-1)).toMatchObject(["createApplication", { policy }]);
    }
  });

  test.each([
    [{ ...MANIFEST, model: [] }, 'Unrecognized key: "model"'],
    [{ ...MANIFEST, models: [{ ...MANIFEST.models[0], weigth: 2 }] }, '"weigth"\n  → at models[0]'],
    [{ ...MANIFEST, models: [{ ...MANIFEST.models[0], weight: "2" }] }, "→ at models[0].weight"],
    [{ ...MANIFEST, application: { description: "" } }, "→ at application.name"],
    [undefined, "received undefined"],
  ])("is refused with the file and the field that is wrong: %#", (content, message) => {
    const refused = (): unknown => parseManifest(content, "folder/application.json");
    expect(refused).toThrow("folder/application.json: ");
    expect(refused).toThrow(message);
  });

  test.each(["digits", "reading"])("%s is what such a manifest is", (name) => {
    const file = new URL(`../../examples/${name}/application.json`, import.meta.url);
    expect(parseManifest(JSON.parse(readFileSync(file, "utf8")), name).application.name).toBe(name);
  });

  test("is left alone once it is there, also where somebody has unlinked all its models", async () => {
    expect(await changesOn({ name: "letters", models: [] }, MANIFEST)).toEqual([]);
  });
});
