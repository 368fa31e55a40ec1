import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { failure, FailureError } from "../domain/failure.js";

const TENSOR = z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number()) });

const MANIFEST = z.object({
  application: z.object({
    name: z.string(),
    description: z.string(),
    sloMs: z.number(),
    input: z.array(TENSOR),
    output: z.object({ kind: z.string(), labels: z.array(z.string()).optional() }),
    defaultOutput: z.object({ label: z.string() }).optional(),
  }),
  models: z.array(
    z.object({
      name: z.string(),
      version: z.number(),
      wrapper: z.enum(["onnx"]),
      file: z.string(),
      weight: z.number(),
    }),
  ),
  try: z.object({ values: z.array(z.number()), label: z.string() }),
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

/** The example application's manifest and how to run its models. Throws when one of its files is missing. */
export function readExample(name: string): Example {
  const folder = join(ROOT, "examples", name);
  const path = join(folder, "application.json");
  requireFile(path, `example "${name}"`);
  const manifest = MANIFEST.parse(JSON.parse(readFileSync(path, "utf8")));
  const wrappers = manifest.models.map(({ name: model, version, wrapper, file }) => {
    const program = join(ROOT, "dist", "wrappers", "typescript", wrapper, "main.js");
    requireFile(program, `the ${wrapper} wrapper`);
    requireFile(join(folder, file), `model ${model}@${version}`);
    const args = ["--file", join(folder, file), "--name", model, "--model-version", String(version)];
    return { model, version, command: [process.execPath, program, ...args] as [string, ...string[]] };
  });
  return { manifest, wrappers };
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
{
  predict(input: { application: "${manifest.application.name}", input: { values: [${rows(manifest.try.values)}
  ] } }) {
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

function rows(values: readonly number[]): string {
  const lines: string[] = [];
  for (let i = 0; i < values.length; i += 8) lines.push(values.slice(i, i + 8).join(", "));
  return lines.map((line) => `\n    ${line}`).join(",");
}

/**
 * Registers the example through the API, as any client would. The application is made with its links in one change, so
 * it is whole once it is there; then it is left alone, also where somebody has changed it since.
 */
export async function setUpExample(url: string, { application, models }: ExampleManifest): Promise<void> {
  const known = await ask(url, KNOWN, { name: application.name });
  if (KNOWN_APPLICATION.parse(known).application !== null) return;
  for (const { name, version } of models) await change(url, REGISTER, { model: name, version });
  const links = models.map(({ name, weight }) => ({ model: name, weight }));
  await change(url, CREATE, { ...application, models: links });
}

const KNOWN = "query KnownExample($name: String!) { application(name: $name) { name } }";
const KNOWN_APPLICATION = z.object({ application: z.object({ name: z.string() }).nullable() });
const RESULT = "{ __typename ... on Failure { message } }";
const REGISTER = `mutation RegisterExample($input: RegisterModelVersionInput!) { result: registerModelVersion(input: $input) ${RESULT} }`;
const CREATE = `mutation CreateExample($input: CreateApplicationInput!) { result: createApplication(input: $input) ${RESULT} }`;
const CHANGED = z.object({ result: z.object({ message: z.string().optional() }) });

async function change(url: string, query: string, input: object): Promise<void> {
  const { message } = CHANGED.parse(await ask(url, query, { input })).result;
  if (message !== undefined) throw new FailureError(failure("INTERNAL", `setting up the example: ${message}`));
}

const RESPONSE = z.object({ data: z.unknown(), errors: z.array(z.object({ message: z.string() })).optional() });

async function ask(url: string, query: string, variables: object): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = RESPONSE.parse(await response.json());
  if (errors !== undefined) {
    throw new FailureError(failure("INTERNAL", `setting up the example: ${errors.map((e) => e.message).join("; ")}`));
  }
  return data;
}
