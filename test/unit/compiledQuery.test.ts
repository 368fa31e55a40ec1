import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { buildSchema, execute, getOperationAST, isObjectType, parse, validate } from "graphql";
import type { DocumentNode, ExecutionResult, GraphQLResolveInfo, OperationDefinitionNode } from "graphql";
import { compileQuery } from "../../src/graphql/compiledQuery.js";
import type { Answer } from "../../src/graphql/compiledQuery.js";
import type { Repeated } from "../../src/graphql/repeatedVariables.js";

const schema = buildSchema(`
  interface Named { name: String! }
  union Any = Node | Leaf
  enum Color { RED GREEN }
  type Leaf implements Named { name: String! number: Float color: Color }
  type Node implements Named { name: String! count: Int node: Node must: Node! nodes: [Node!] any: Any named: Named color: Color }
  type Query {
    node: Node must: Node! nodes: [Node] all: [Node!]! any: Any anys: [Any!] named: Named count: Int name: String!
    echo(x: Int = 3, words: [String!]): String
    grid: [[Int!]]
  }
  type Mutation { change: Node must: Node! }
`);

/** A number from 0 to 1 that depends on the seed and the text alone. */
function chance(seed: number, text: string): number {
  let hash = seed ^ 0x9e3779b9;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) ^ (hash >>> 13);
  return ((Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0) % 10_000) / 10_000;
}

interface World {
  readonly seed: number;
  readonly calls: string[];
}

function placeOf(info: GraphQLResolveInfo): string {
  const keys: string[] = [];
  for (let at: typeof info.path | undefined = info.path; at !== undefined; at = at.prev) keys.unshift(String(at.key));
  return `${keys.join(".")}:${info.parentType.name}.${info.fieldName}`;
}

/**
 * Something of the type, or null, or what is wrong for it, by the place and the seed alone. A seed's world is at once, or in
 * promises, or mixed and without failures: in a list graphql-js leaves promises to nobody when a later item fails at once,
 * which would end the test's process.
 */
function valueOf(type: string, seed: number, place: string): unknown {
  const draw = chance(seed, `${place}/${type}`);
  const mode = (["AT_ONCE", "IN_PROMISES", "MIXED"] as const)[seed % 3];
  if (mode === "MIXED") {
    const value = plainValueOf(type, seed, place, true);
    return draw < 0.5 ? value : Promise.resolve(value);
  }
  if (mode === "AT_ONCE") {
    if (draw < 0.04) throw new Error(`thrown at ${place}`);
    return wrongValueOf(draw, place) ?? (draw < 0.16 ? undefined : plainValueOf(type, seed, place, false));
  }
  if (draw < 0.04) return Promise.reject(new Error(`rejected at ${place}`));
  return Promise.resolve(
    wrongValueOf(draw, place) ?? (draw < 0.16 ? undefined : plainValueOf(type, seed, place, false)),
  );
}

function wrongValueOf(draw: number, place: string): unknown {
  if (draw < 0.08) return new Error(`given at ${place}`);
  return undefined;
}

function plainValueOf(type: string, seed: number, place: string, right: boolean): unknown {
  if (type.endsWith("!")) return plainValueOf(type.slice(0, -1), seed, place, right);
  const drawn = chance(seed, `${place}=`);
  const draw = right ? 0.4 + 0.6 * drawn : drawn;
  if (type.startsWith("[")) {
    if (draw < 0.1) return 7;
    const items = Array.from({ length: Math.floor(draw * 4) }, (_, i) => i);
    return items.map((i) => {
      try {
        return valueOf(type.slice(1, -1), seed, `${place}[${i}]`);
      } catch (error) {
        return error;
      }
    });
  }
  switch (type) {
    case "Int":
      return draw < 0.1 ? "no number" : Math.floor(draw * 100);
    case "Float":
      return draw;
    case "String":
      return draw < 0.05 ? {} : `text ${draw}`;
    case "Color":
      return draw < 0.1 ? "PURPLE" : draw < 0.5 ? "RED" : "GREEN";
    case "Any":
    case "Named":
      return draw < 0.5 ? leafOf(draw) : { __typename: "Node" };
    case "Node":
      return { __typename: "Node" };
    default:
      throw new Error(`no values of ${type}`);
  }
}

/** Its fields have no resolvers: properties, functions among them. */
function leafOf(draw: number): object {
  return {
    __typename: "Leaf",
    name: draw < 0.1 ? undefined : () => `leaf ${draw}`,
    number: () => (draw > 0.3 ? Promise.resolve(draw) : draw),
    color: draw < 0.3 ? "BLUE" : "RED",
  };
}

for (const type of Object.values(schema.getTypeMap())) {
  if (!isObjectType(type) || !["Query", "Mutation", "Node"].includes(type.name)) continue;
  for (const field of Object.values(type.getFields())) {
    field.resolve = (_source, args, { seed, calls }: World, info) => {
      const place = placeOf(info);
      calls.push(place);
      return field.name === "echo" ? JSON.stringify(args) : valueOf(String(field.type), seed, place);
    };
  }
}

for (const name of ["Leaf", "Node"]) {
  const type = schema.getType(name);
  if (isObjectType(type)) Object.assign(type.getFields()["name"] ?? {}, { extensions: { isPlainText: true } });
}

const FIELDS: Readonly<Record<string, readonly (readonly [string, string?])[]>> = {
  Query: [
    ["node", "Node"], ["must", "Node"], ["nodes", "Node"], ["all", "Node"], ["any", "Any"], ["anys", "Any"],
    ["named", "Named"], ["count"], ["name"], ["echo"], ["four: echo(x: 4)"], ["given: echo(x: $x, words: $words)"], ["grid"],
  ],
  Node: [
    ["name"], ["count"], ["node", "Node"], ["must", "Node"], ["nodes", "Node"], ["any", "Any"], ["named", "Named"], ["color"],
  ],
  Leaf: [["name"], ["number"], ["color"]],
  Any: [],
  Named: [["name"]],
}; // prettier-ignore
const INSIDE: Readonly<Record<string, readonly string[]>> = {
  Query: ["Query"],
  Node: ["Node", "Named", "Any"],
  Leaf: ["Leaf", "Named"],
  Any: ["Node", "Leaf", "Named"],
  Named: ["Node", "Leaf", "Any"],
};

/** A document from a stream of random numbers; it may still break a rule that only validation knows. */
function documentFrom(next: () => number): string {
  const fragments: string[] = [];
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
  const selection = (type: string, depth: number): string => {
    const parts = Array.from({ length: 1 + Math.floor(next() * 4) }, () => part(type, depth));
    return `{ ${parts.join(" ")} }`;
  };
  const part = (type: string, depth: number): string => {
    const draw = next();
    const fields = FIELDS[type] ?? [];
    if (draw < 0.12 || fields.length === 0 || depth === 0) {
      return draw < 0.5 && depth > 0 ? inside(type, depth) : "__typename";
    }
    if (draw < 0.3) return inside(type, depth);
    const [name, below] = pick(fields);
    const alias = !name.includes(":") && next() < 0.3 ? `a${Math.floor(next() * 100)}: ` : "";
    return `${alias}${name}${below === undefined ? "" : ` ${selection(below, depth - 1)}`}`;
  };
  const inside = (type: string, depth: number): string => {
    const on = pick(INSIDE[type] as readonly string[]);
    if (next() < 0.5) return `... on ${on} ${selection(on, depth - 1)}`;
    const name = `F${fragments.length}`;
    fragments.push("");
    fragments[Number(name.slice(1))] = `fragment ${name} on ${on} ${selection(on, depth - 1)}`;
    return next() < 0.2 ? `...${name} ...${name}` : `...${name}`;
  };
  if (next() < 0.1) return [`mutation { must ${selection("Node", 4)} }`, ...fragments].join("\n");
  const selected = [selection("Query", 4), ...fragments].join("\n");
  return selected.includes("$x") ? `query Q($x: Int, $words: [String!]) ${selected}` : selected;
}

function streamOf(seed: number): () => number {
  let at = 0;
  return () => chance(seed, String(at++));
}

async function shown(result: ExecutionResult | Promise<ExecutionResult> | undefined): Promise<string> {
  return JSON.stringify(await result);
}

async function shownAnswer(answer: Answer | Promise<Answer> | undefined): Promise<string> {
  const { data, errors } = (await answer) as Answer;
  return errors.length === 0 ? `{"data":${data}}` : `{"errors":${JSON.stringify(errors)},"data":${data}}`;
}

const variables = { x: 5, words: ["a", "b"] };

test("a compiled query answers as execute does, errors and the order of everything included", async () => {
  let compared = 0;
  let withErrors = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(), async (documentSeed, seed) => {
      const document: DocumentNode = parse(documentFrom(streamOf(documentSeed)));
      if (validate(schema, document).length > 0) return;
      const operation = getOperationAST(document) as OperationDefinitionNode;
      const [calls, compiledCalls]: [string[], string[]] = [[], []];
      const expected = await shown(
        execute({ schema, document, variableValues: variables, contextValue: { seed, calls } }),
      );
      const compiled = compileQuery(schema, document, operation);
      const got = await shownAnswer(compiled?.run(variables, { seed, calls: compiledCalls }));
      expect(got).toBe(expected);
      expect(compiledCalls).toEqual(calls);
      compared += 1;
      if (expected.startsWith('{"errors"')) withErrors += 1;
    }),
    // The example: a mutation whose errors come in the same turns.
    {
      numRuns: 1200,
      examples: [
        [71950490, 439032862],
        [1124738830, 444330889],
      ],
    },
  );
  expect(compared).toBeGreaterThan(400);
  expect(withErrors).toBeGreaterThan(100);
});

test("a list whose later item fails at once leaves no earlier one's promise to nobody", async () => {
  const lists = buildSchema("type Query { items: [Int!] }");
  const document = parse("{ items }");
  const items = [Promise.reject(new Error("later")), new Error("at once")];
  lists.getQueryType()!.getFields()["items"]!.resolve = () => items;
  const compiled = compileQuery(lists, document, getOperationAST(document) as OperationDefinitionNode);
  const { data, errors } = (await compiled?.run({}, undefined)) as Answer;
  // Were a rejection nobody's, the test's process would end here.
  await new Promise((resolve) => void setImmediate(resolve));
  expect({ data, messages: errors.map(({ message }) => message) }).toEqual({
    data: '{"items":null}',
    messages: ["at once"],
  });
});

test("variables that do not fit run nothing", () => {
  const document = parse("query Q($x: Int!) { echo(x: $x) }");
  const calls: string[] = [];
  const compiled = compileQuery(schema, document, getOperationAST(document) as OperationDefinitionNode);
  expect(compiled?.run({ x: "one" }, { seed: 1, calls })).toBeUndefined();
  expect(calls).toEqual([]);
});

test.each([
  ["a query", "query Q($x: Int!) { echo(x: $x) }", { x: 7 }],
  ["a mutation", "mutation M($x: Int!) { change(x: $x) }", undefined],
])("%s that is given variables word for word again", async (_what, text, kept) => {
  const numbers = buildSchema("type Query { echo(x: Int): Int } type Mutation { change(x: Int): Int }");
  const document = parse(text);
  const compiled = compileQuery(numbers, document, getOperationAST(document) as OperationDefinitionNode);
  const repeated: Repeated = { variables: { x: 7 }, coerced: undefined };
  await compiled?.run({ x: 7 }, undefined, repeated);
  expect(repeated.coerced).toEqual(kept);
  const misfit: Repeated = { variables: { x: "seven" }, coerced: undefined };
  expect(compiled?.run({ x: "seven" }, undefined, misfit)).toBeUndefined();
  expect(misfit.coerced).toBeUndefined();
});

test.each([
  ["a directive", "query Q($yes: Boolean!) { count @include(if: $yes) name }"],
  ["introspection", "{ __schema { types { name } } }"],
  ["a key that is an object's prototype", "{ __proto__: count }"],
  ["a mutation of two fields", "mutation { first: change second: change }"],
])("%s stays with execute", (_what, text) => {
  const document = parse(text);
  expect(compileQuery(schema, document, getOperationAST(document) as OperationDefinitionNode)).toBeUndefined();
});
