import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { DEFAULT_FEEDBACK, defaultLoss } from "../../src/domain/application.js";
import type { OutputSpec } from "../../src/domain/application.js";
import type { TypedApplication } from "../../src/graphql/applicationParts.js";
import { buildApplicationSchema, printApplicationSdl } from "../../src/graphql/applicationSchema.js";
import { buildGraphqlSchema } from "../../src/graphql/schema.js";

const run = promisify(execFile);

/** Names that no program would choose. */
const ODD: OutputSpec = {
  kind: "LABEL",
  labels: [
    "0",
    "-1",
    "1",
    "yes",
    "Yes",
    "yes!",
    "don't know",
    "",
    "日本",
    "__typename",
    "true",
    "type",
    'a"b\\c\n*/',
    "class",
  ],
};
const ODD_APPLICATION: TypedApplication = {
  name: "odd",
  description: 'Says "*/" and ends with a "quote"',
  sloMs: 50,
  input: [
    { name: "pixel values", datatype: "FP32", shape: [2, 2] },
    { name: "class", datatype: "BYTES", shape: [] },
    { name: "7", datatype: "UINT64", shape: [3] },
  ],
  output: ODD,
  loss: defaultLoss(ODD),
  feedback: { ...DEFAULT_FEEDBACK, deferActivation: true },
};

/** A client as its author writes it: what `@ts-expect-error` stands above must not compile. */
const DIGITS_CLIENT = `
import { graphql } from "./gql";
import type { Label, ReadQuery, ReadQueryVariables, TellMutationVariables } from "./gql/graphql";

export const READ = graphql(\`query Read($input: PredictInput!) {
  predict(input: $input) {
    ... on Prediction { label probabilities { label probability } confidence source receipt }
    ... on Failure { code message }
  }
}\`);
export const TELL = graphql(\`mutation Tell($input: ObserveInput!) { observe(input: $input) { __typename } }\`);

export const asked: ReadQueryVariables = { input: { input: { pixels: { values: [0, 1.5] } }, entity: "ann" } };
export const packed: ReadQueryVariables = { input: { input: { pixels: { base64: "AAAA" } } } };
export const told = (receipt: string, truth: Label): TellMutationVariables => ({ input: { of: { receipt }, truth } });
export function bestOf(data: ReadQuery): number {
  if (!("label" in data.predict)) throw new Error(data.predict.message);
  const { label, probabilities } = data.predict;
  const answered: string = label;
  return answered === "" ? 0 : (probabilities[0]?.probability ?? 0);
}
// @ts-expect-error: the tensor is missing
export const noPixels: ReadQueryVariables = { input: { input: {} } };
// @ts-expect-error: it has numbers
export const texts: ReadQueryVariables = { input: { input: { pixels: { values: ["0"] } } } };
// @ts-expect-error: one of both
export const twice: ReadQueryVariables = { input: { input: { pixels: { values: [0], base64: "AAAA" } } } };
// @ts-expect-error: no digit
export const eleven: TellMutationVariables = { input: { of: { receipt: "r" }, truth: "_11" } };
`;
const ODD_CLIENT = `
import { graphql } from "./gql";
import type { AskQueryVariables } from "./gql/graphql";

export const ASK = graphql(\`query Ask($input: Input!) {
  predict(input: { input: $input }) { ... on Prediction { label predictionSet } ... on Failure { code } }
}\`);
export const asked: AskQueryVariables = {
  input: { pixel_values: { values: [[1, 2], [3, 4]] }, class: "a", _7: { base64: "AAAA" } },
};
`;

const CONFIG = `
schema: schema.graphql
documents: client.ts
generates:
  ./gql/: { preset: client }
`;
const TSCONFIG = {
  compilerOptions: {
    strict: true,
    noUncheckedIndexedAccess: true,
    module: "esnext",
    moduleResolution: "bundler",
    target: "es2022",
    lib: ["es2022"],
    types: [],
    skipLibCheck: false,
    noEmit: true,
  },
  include: ["client.ts", "gql"],
};

describe("code generators without configuration", () => {
  let folder: string;
  beforeAll(async () => {
    // Inside the project, where packages are found.
    folder = await mkdtemp(join("dist", "application-client-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each([
    ["digits", () => readFile("schema/apps/digits.graphql", "utf8"), DIGITS_CLIENT],
    [
      "odd",
      () => Promise.resolve(printApplicationSdl(buildApplicationSchema(buildGraphqlSchema(), ODD_APPLICATION), "odd")),
      ODD_CLIENT,
    ],
  ] as const)("make types of %s that its clients compile with, and wrong clients do not", async (name, sdl, client) => {
    const cwd = join(folder, name);
    await mkdir(cwd);
    await writeFile(join(cwd, "schema.graphql"), await sdl());
    await writeFile(join(cwd, "client.ts"), client);
    await writeFile(join(cwd, "codegen.yml"), CONFIG);
    await writeFile(join(cwd, "tsconfig.json"), JSON.stringify(TSCONFIG));
    await run("../../../node_modules/.bin/graphql-codegen", ["--config", "codegen.yml", "--silent"], { cwd });
    const compile = run(process.execPath, ["../../../node_modules/typescript7/bin/tsc", "-p", "."], { cwd });
    expect(await compile.catch(({ stdout }: { stdout: string }) => ({ stdout }))).toMatchObject({ stdout: "" });
  });
});
