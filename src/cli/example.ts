import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { failure, FailureError } from "../domain/failure.js";

const MANIFEST = z.strictObject({
  /** All that `CreateApplicationInput` takes but the links: the API reads it, and says what is wrong with it. */
  application: z.looseObject({ name: z.string(), description: z.string() }),
  models: z.array(
    z.strictObject({
      name: z.string(),
      version: z.number(),
      wrapper: z.enum(["onnx"]),
      file: z.string(),
      weight: z.number().optional(),
    }),
  ),
  /** An input to begin with, and what its answer should be where that is known. */
  try: z.union([
    z.strictObject({ values: z.array(z.number()), label: z.string() }),
    z.strictObject({ text: z.string(), entity: z.string() }),
  ]),
});

export type ExampleManifest = z.infer<typeof MANIFEST>;

export interface Example {
  readonly manifest: ExampleManifest;
  /** Program and arguments of each model's wrapper, but for the address to listen on. */
  readonly wrappers: readonly {
    readonly model: string;
    readonly version: number;
    readonly command: [string, ...string[]];
  }[];
}

/** From dist/src/cli up to the project's root. */
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** In the order in which they are shown. */
const NAMES = ["digits", "reading"];

/** Those that a server is started with. Throws when one of their files is missing. */
export function readExamples(which: string): readonly Example[] {
  return NAMES.filter((name) => which === name || which === "all").map(readExample);
}

/** An example application's manifest and how to run its models. */
function readExample(name: string): Example {
  const folder = join(ROOT, "examples", name);
  const path = join(folder, "application.json");
  requireFile(path, `example "${name}"`);
  const manifest = parseManifest(JSON.parse(readFileSync(path, "utf8")), path);
  const wrappers = manifest.models.map(({ name: model, version, wrapper, file }) => {
    const program = join(ROOT, "dist", "wrappers", "typescript", wrapper, "main.js");
    requireFile(program, `the ${wrapper} wrapper`);
    requireFile(join(folder, file), `model ${model}@${version}`);
    const args = ["--file", join(folder, file), "--name", model, "--model-version", String(version)];
    return { model, version, command: [process.execPath, program, ...args] as [string, ...string[]] };
  });
  return { manifest, wrappers };
}

/** Throws what is wrong with it, by field. */
export function parseManifest(content: unknown, path: string): ExampleManifest {
  const read = MANIFEST.safeParse(content);
  if (read.success) return read.data;
  throw new FailureError(failure("BAD_INPUT", `${path}: ${z.prettifyError(read.error)}`));
}

function requireFile(path: string, what: string): void {
  if (existsSync(path)) return;
  const remedy = "restore it (git checkout), build again (npm start does), or start with --example none";
  throw new FailureError(failure("NOT_FOUND", `${what}: the file ${path} is missing; ${remedy}`));
}

/** A query to begin with: one that the example answers, or what there is to ask. */
export function firstQuery(manifest: ExampleManifest | undefined): string {
  if (manifest === undefined) return "{\n  applications {\n    edges { node { name models { model } } }\n  }\n}\n";
  return `# ${manifest.application.description}
query Predict {
  predict(input: { application: "${manifest.application.name}", ${inputOf(manifest)} }) {
    __typename
    ... on Prediction {
      output { ... on LabelOutput { label } }
      confidence
      source
      models { model version source latencyMs }
      receipt
    }
    ... on Failure { code message }
  }
}
`;
}

/** The input to begin with, as a document says it. */
function inputOf({ try: first }: ExampleManifest): string {
  if ("text" in first) return `entity: ${JSON.stringify(first.entity)}, input: { text: ${JSON.stringify(first.text)} }`;
  return `input: { values: [${rows(first.values)}\n  ] }`;
}

function rows(values: readonly number[]): string {
  const lines: string[] = [];
  for (let i = 0; i < values.length; i += 8) lines.push(values.slice(i, i + 8).join(", "));
  return lines.map((line) => `\n    ${line}`).join(",");
}

/** One operation through the API; its data. Rejects where there are errors. */
export type Ask = (query: string, variables: Record<string, unknown>) => Promise<unknown>;

/**
 * Registers the example through the API, as any client would. The application is made with its links in one change, so
 * it is whole once it is there; then it is left alone, also where somebody has changed it since.
 */
export async function setUpExample(ask: Ask, { application, models }: ExampleManifest): Promise<void> {
  try {
    await setUp(ask, { application, models });
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    const message = `setting up the example ${application.name} by its application.json: ${error.message}`;
    throw new FailureError({ ...error.failure, message });
  }
}

async function setUp(
  ask: Ask,
  { application, models }: Pick<ExampleManifest, "application" | "models">,
): Promise<void> {
  const known = await ask(KNOWN, { name: application.name });
  if (KNOWN_APPLICATION.parse(known).application !== null) return;
  for (const { name, version } of models) await change(ask, REGISTER, { model: name, version });
  const links = models.map(({ name, weight }) => ({ model: name, ...(weight !== undefined && { weight }) }));
  await change(ask, CREATE, { ...application, models: links });
}

const KNOWN = "query KnownExample($name: String!) { application(name: $name) { name } }";
const KNOWN_APPLICATION = z.object({ application: z.object({ name: z.string() }).nullable() });
const RESULT = "{ __typename ... on Failure { message } }";
const REGISTER = `mutation RegisterExample($input: RegisterModelVersionInput!) { result: registerModelVersion(input: $input) ${RESULT} }`;
const CREATE = `mutation CreateExample($input: CreateApplicationInput!) { result: createApplication(input: $input) ${RESULT} }`;
const CHANGED = z.object({ result: z.object({ message: z.string().optional() }) });

async function change(ask: Ask, query: string, input: object): Promise<void> {
  const { message } = CHANGED.parse(await ask(query, { input })).result;
  if (message !== undefined) throw new FailureError(failure("BAD_INPUT", message));
}
