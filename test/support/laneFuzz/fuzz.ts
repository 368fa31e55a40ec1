import { expect } from "@jest/globals";
import { getOperationAST, getVariableValues, parse } from "graphql";
import type { GraphQLSchema } from "graphql";
import { isObject } from "../../../src/lib/isObject.js";
import { Draws } from "./draws.js";
import { PLANTED } from "./laneWorld.js";
import type { LaneAnswer, LaneRequest } from "./laneWorld.js";
import { randomOperation } from "./randomOperations.js";
import type { RandomOperation } from "./randomOperations.js";
import { RandomValues } from "./randomValues.js";
import { ACCEPTS } from "./twoWays.js";
import type { Caller, TwoWays } from "./twoWays.js";
import { Vocabulary } from "./vocabulary.js";

/** Of operations, until one has a root field that was not asked for yet. */
const NEW_FIELD_DRAWS = 10;

/** Asked so often word for word, variables are taken from where they are kept for that. */
const SAME_TIMES = 5;

/** What was asked, and what came of it. */
export class Counts {
  asked = 0;
  refusedVariables = 0;
  byLane = 0;
  withErrors = 0;
  refused = 0;
  readonly rootFields = new Set<string>();
  readonly defects = new Set<string>();
}

/** Where the operations are sent, and what may be asked there. */
export interface FuzzedAddress {
  readonly path: string;
  readonly schema: GraphQLSchema;
}

/** Random operations over one address of two servers, whose answers are to be equal. */
export class Fuzz {
  /** Who asks, and how often. */
  callers: readonly Caller[] = OPEN;
  readonly #draws: Draws;
  readonly #vocabulary = new Vocabulary();
  readonly #values: RandomValues;
  readonly #ways: TwoWays;
  readonly #address: FuzzedAddress;
  readonly #counts: Counts;
  readonly #rootFields: readonly string[];

  constructor(seed: number, ways: TwoWays, address: FuzzedAddress, counts: Counts) {
    this.#draws = new Draws(seed);
    this.#values = new RandomValues(this.#draws, this.#vocabulary);
    this.#ways = ways;
    this.#address = address;
    this.#counts = counts;
    this.#rootFields = rootFieldsOf(address.schema);
  }

  async run(requests: number): Promise<void> {
    for (let asked = 0; asked < requests;) {
      const operation = this.#operation();
      for (const name of operation.rootFields) this.#counts.rootFields.add(name);
      // The first key would be nobody's here.
      if (this.callers === OPEN && operation.query.includes("createApiKey")) continue;
      const same = this.#draws.chance(0.08) ? { variables: this.#variablesOf(operation) } : undefined;
      let times = same === undefined ? 1 + this.#draws.below(3) : SAME_TIMES;
      for (; times > 0; times--, asked++)
        await this.#compare(operation, same ?? { variables: this.#variablesOf(operation) });
    }
  }

  /** With a root field that was not asked for yet, where there is one and a few draws give it. */
  #operation(): RandomOperation {
    const { rootFields: asked } = this.#counts;
    for (let draws = asked.size < this.#rootFields.length ? 0 : NEW_FIELD_DRAWS; ; draws++) {
      const drawn = randomOperation(this.#address.schema, this.#draws, this.#values);
      if (drawn === undefined) continue;
      if (draws >= NEW_FIELD_DRAWS || drawn.rootFields.some((name) => !asked.has(name))) return drawn;
    }
  }

  #variablesOf(operation: RandomOperation): unknown {
    return randomVariables(operation, this.#draws, this.#values);
  }

  async #compare(operation: RandomOperation, { variables }: { readonly variables: unknown }): Promise<void> {
    const draws = this.#draws;
    const { query, operationNames } = operation;
    const asked = { query, operationName: draws.weighted(operationNames), variables };
    const accept = draws.weighted([
      ...ACCEPTS.map((type) => [type, 1] as const),
      ["text/html", 0.05],
      [undefined, 0.5],
    ]);
    const headers = { ...draws.weighted(this.callers), ...(accept !== undefined && { accept }) };
    const [pipeline, lane] = await this.#ways.both(asked, headers, this.#address.path, true);
    expect({ asked, headers, answer: lane }).toEqual({ asked, headers, answer: pipeline });
    const [defects, laneDefects] = this.#ways.defects;
    expect(laneDefects).toEqual(defects);
    const unknown = defects.filter((defect) => !PLANTED.some((planted) => planted === defect));
    expect({ asked, unknown }).toEqual({ asked, unknown: [] });
    for (const defect of defects) this.#counts.defects.add(defect);
    this.#count(asked, pipeline);
    this.#vocabulary.hear(JSON.parse(pipeline.body));
    if (draws.chance(0.3)) this.#ways.advance(draws.below(400));
    await this.#ways.settle();
  }

  #count(asked: LaneRequest, { status, body }: LaneAnswer): void {
    const counts = this.#counts;
    counts.asked += 1;
    if (areRefused(this.#address.schema, asked)) counts.refusedVariables += 1;
    if (status > 400) counts.refused += 1;
    if (body.startsWith('{"errors"') && body.includes('"data":')) counts.withErrors += 1;
  }
}

/** For almost half of the requests something about one of them is wrong. */
export function randomVariables({ variables }: RandomOperation, draws: Draws, values: RandomValues): unknown {
  if (draws.chance(0.02)) return draws.pick<unknown>([undefined, null, [], "text", 7]);
  const given: Record<string, unknown> = {};
  for (const { name, type, place, isOptional } of variables) {
    if (!isOptional || draws.chance(0.8)) given[name] = values.valueOf(type, place);
  }
  if (variables.length === 0) return draws.chance(0.5) ? undefined : given;
  if (draws.chance(0.05)) given["other"] = 1;
  if (draws.chance(0.5)) return given;
  const { name, type } = draws.pick(variables);
  if (draws.chance(0.1)) delete given[name];
  else given[name] = values.spoilt(type, given[name]);
  return given;
}

/** Nobody needs a key. */
export const OPEN: readonly Caller[] = [[{}, 1]];

/** By graphql-js itself, or as no variables at all. */
function areRefused(schema: GraphQLSchema, { query, operationName, variables }: LaneRequest): boolean {
  const operation = getOperationAST(parse(query), operationName);
  if (operation == null) return false;
  if (variables != null && !isObject(variables)) return true;
  return getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {}).errors !== undefined;
}

/** Of queries and mutations. */
export function rootFieldsOf(schema: GraphQLSchema): readonly string[] {
  return [schema.getQueryType(), schema.getMutationType()].flatMap((type) => Object.keys(type?.getFields() ?? {}));
}
