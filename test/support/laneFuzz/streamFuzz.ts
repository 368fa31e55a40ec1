import { expect } from "@jest/globals";
import type { GraphQLSchema } from "graphql";
import { isObject } from "../../../src/lib/isObject.js";
import type { Draws } from "./draws.js";
import { OPEN, randomVariables } from "./fuzz.js";
import { randomOperation, randomSubscription } from "./randomOperations.js";
import { RandomValues } from "./randomValues.js";
import type { StreamPayload, Told } from "./streamClients.js";
import type { Caller, TwoWays } from "./twoWays.js";
import { Vocabulary } from "./vocabulary.js";

const PREDICT = { application: "insects", input: { values: [1, 2] }, entity: "ann" };
const ASK = "query ($input: PredictInput!) { predict(input: $input) { __typename } }";

/** How often each came of what was asked. */
export class StreamCounts {
  asked = 0;
  withErrors = 0;
  withValues = 0;
  leftOpen = 0;
  refused = 0;
  readonly codes = new Set<string>();
}

/** Random operations, each over a websocket to one server and as events to another, which are to be told the same. */
export class StreamFuzz {
  callers: readonly Caller[] = OPEN;
  readonly #draws: Draws;
  readonly #vocabulary = new Vocabulary();
  readonly #values: RandomValues;
  readonly #ways: TwoWays;
  readonly #schema: GraphQLSchema;
  readonly #counts: StreamCounts;

  constructor(draws: Draws, ways: TwoWays, schema: GraphQLSchema, counts: StreamCounts) {
    this.#draws = draws;
    this.#values = new RandomValues(draws, this.#vocabulary);
    this.#ways = ways;
    this.#schema = schema;
    this.#counts = counts;
  }

  async run(operations: number): Promise<void> {
    const isOpen = this.callers === OPEN;
    for (let asked = 0; asked < operations;) {
      const payload = this.#payload();
      // The first key would be nobody's here.
      if (payload === undefined || (isOpen && payload.query.includes("createApiKey"))) continue;
      // The second time it is known.
      for (let times = 1 + this.#draws.below(2); times > 0; times--, asked++) await this.#compare(payload);
    }
  }

  #payload(): StreamPayload | undefined {
    const draws = this.#draws;
    const draw = draws.chance(0.8) ? randomSubscription : randomOperation;
    const operation = draw(this.#schema, draws, this.#values);
    if (operation === undefined) return undefined;
    const variables = randomVariables(operation, draws, this.#values);
    return {
      query: draws.chance(0.15) ? spoiltText(operation.query, draws) : operation.query,
      operationName: draws.weighted(operation.operationNames),
      // Others than objects are refused as messages of the websockets' protocol.
      variables: isObject(variables) ? variables : undefined,
    };
  }

  async #compare(payload: StreamPayload): Promise<void> {
    const draws = this.#draws;
    const headers = draws.weighted(this.callers);
    const [admin] = this.callers[0] as Caller;
    const waitMs = draws.pick([0, 100, 1000, 2500]);
    const [socket, events] = await this.#ways.stream(payload, headers, async () => {
      await this.#ways.both({ query: ASK, variables: { input: PREDICT } }, admin);
      this.#ways.advance(waitMs);
    });
    expect({ payload, headers, told: events }).toEqual({ payload, headers, told: socket });
    const [defects, others] = this.#ways.defects;
    expect(others).toEqual(defects);
    this.#count(socket);
    for (const result of socket.results) this.#vocabulary.hear(result);
  }

  #count({ results, ended }: Told): void {
    const counts = this.#counts;
    counts.asked += 1;
    if (ended === "OPEN") counts.leftOpen += 1;
    if (ended === "REFUSED") counts.refused += 1;
    const found = results.flatMap(
      (result) => (result as { errors?: readonly { extensions: { code: string } }[] }).errors ?? [],
    );
    if (found.length > 0) counts.withErrors += 1;
    else if (results.length > 0) counts.withValues += 1;
    for (const { extensions } of found) counts.codes.add(extensions.code);
  }
}

/** In a way that the syntax, the limits or validation refuse. */
function spoiltText(query: string, draws: Draws): string {
  const end = query.lastIndexOf("}");
  return draws.pick([
    query.slice(0, draws.below(query.length)),
    `${query.slice(0, end)} nothing }`,
    `${query.slice(0, end)} again: __typename }`,
    `${query} ${query}`,
    `${query} fragment Deep on Query { ${"a { ".repeat(20)}b${" }".repeat(20)} }`,
    query.replace("{", "{ ... @skip(if: true) {").concat("}"),
    query.replaceAll(/: \w+!/g, ": Nothing!"),
    "",
  ]);
}
