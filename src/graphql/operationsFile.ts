import { readFileSync } from "node:fs";
import { validate } from "graphql";
import type { GraphQLSchema } from "graphql";
import { z } from "zod";
import { failure, FailureError } from "../domain/failure.js";
import { messageOf } from "../domain/messageOf.js";
import type { Catalogue } from "../serving/catalogue.js";
import { buildApplicationSchema } from "./applicationSchema.js";
import { parseWithinLimits } from "./documentLimits.js";

/** Apollo's manifest, which `generate-persisted-query-manifest` writes; or texts by id, which codegen and Relay write. */
const MANIFEST = z.object({
  format: z.literal("apollo-persisted-query-manifest"),
  operations: z.array(z.object({ id: z.string().min(1), body: z.string() })),
});
const BY_ID = z.record(z.string().min(1), z.string());

const MAIN_ADDRESS = "/graphql";
const ADDRESS = /^\/graphql(?:\/apps\/([a-z0-9-]{1,63}))?$/;
const BY_ADDRESS = z.record(z.string().regex(ADDRESS), z.unknown());

type Texts = ReadonlyMap<string, string>;

/** The only operations that a server is to answer, by id. */
export interface AllowedOperations {
  /** At `/graphql`. */
  readonly main: Texts;
  /** At the address of one application; none where the file has no list for it. */
  readonly of: (application: string) => Texts;
}

/**
 * The operations of a file: a list for `/graphql`, or an object with a list for each address. Throws FailureError: a file
 * that cannot be read, or an operation that the address's schema would refuse, each by its id. `schemaOf` gives an
 * application's; undefined for one that does not exist yet, whose operations are only parsed.
 */
export function readOperations(
  path: string,
  schema: GraphQLSchema,
  schemaOf: (application: string) => GraphQLSchema | undefined,
): AllowedOperations {
  const lists = parseFile(path);
  for (const [address, operations] of lists) {
    const [, application] = ADDRESS.exec(address) ?? [];
    const checkedBy = application === undefined ? schema : schemaOf(application);
    for (const [id, text] of operations) {
      const problem = problemOf(text, checkedBy);
      if (problem !== undefined) throw refusal(path, `${atAddress(address)}operation ${id}: ${problem}`);
    }
  }
  if ([...lists.values()].every(({ size }) => size === 0)) {
    throw refusal(path, "no operation in it: nothing could be asked");
  }
  const at = (address: string): Texts => lists.get(address) ?? new Map<string, string>();
  return { main: at(MAIN_ADDRESS), of: (application) => at(`${MAIN_ADDRESS}/apps/${application}`) };
}

/** The same, checked by the applications that there are. */
export function allowedOperations(path: string, schema: GraphQLSchema, { snapshot }: Catalogue): AllowedOperations {
  return readOperations(path, schema, (name) => {
    const application = snapshot.applications.find((each) => each.name === name);
    return application && buildApplicationSchema(schema, application);
  });
}

function atAddress(address: string): string {
  return address === MAIN_ADDRESS ? "" : `${address}: `;
}

function parseFile(path: string): ReadonlyMap<string, Texts> {
  const content = readJson(path);
  const byAddress = BY_ADDRESS.safeParse(content);
  if (!byAddress.success || Object.keys(byAddress.data).length === 0) {
    return new Map([[MAIN_ADDRESS, parseList(path, content)]]);
  }
  return new Map(Object.entries(byAddress.data).map(([address, list]) => [address, parseList(path, list)]));
}

function parseList(path: string, content: unknown): Texts {
  const manifest = MANIFEST.safeParse(content);
  if (manifest.success) return new Map(manifest.data.operations.map(({ id, body }) => [id, body]));
  const byId = BY_ID.safeParse(content);
  if (byId.success) return new Map(Object.entries(byId.data));
  throw refusal(
    path,
    "expected an apollo-persisted-query-manifest, an object with the operations' texts by id, or either for each address (/graphql, /graphql/apps/NAME)",
  );
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw refusal(path, messageOf(error));
  }
}

function problemOf(text: string, schema: GraphQLSchema | undefined): string | undefined {
  try {
    const document = parseWithinLimits(text);
    return schema && validate(schema, document)[0]?.message;
  } catch (error) {
    return messageOf(error);
  }
}

function refusal(path: string, problem: string): FailureError {
  return new FailureError(failure("BAD_INPUT", `--operations ${path}: ${problem}`));
}
