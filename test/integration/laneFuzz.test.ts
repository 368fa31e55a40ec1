import { expect, test } from "@jest/globals";
import { buildGraphqlSchema } from "../../src/graphql/schema.js";
import { GRAPHQL_PATH } from "../../src/graphql/websocketFront.js";
import { Counts, Fuzz, rootFieldsOf } from "../support/laneFuzz/fuzz.js";
import { PLANTED } from "../support/laneFuzz/laneWorld.js";
import { TwoWays, TYPED_APPLICATIONS } from "../support/laneFuzz/twoWays.js";
import { eachPostgres } from "../support/postgres.js";

/** For other operations than always. */
const SEED = Number(process.env["FUZZ_SEED"] ?? 1);
/** For more of them than usual, whatever the time that takes. */
const ASKED_FOR = process.env["FUZZ_OPERATIONS"];
const OPERATIONS = Number(ASKED_FOR ?? 2500);
/** After so long the servers are not started again, unless that is too few operations. */
const WITHIN_MS = ASKED_FOR === undefined ? 60_000 : Infinity;
/** Then the servers are made anew: what the operations did to them would leave less and less to ask. */
const PER_START = 250;
/** Operations that the slowest machine gets through as well: what is said of all of them is said of so many. */
const AT_LEAST = Math.min(OPERATIONS, 2 * PER_START);
/** What the slowest machine needs for one. */
const MS_EACH = 150;
/** At the address of each application. */
const TYPED_OPERATIONS = Number(ASKED_FOR ?? 160);

const schema = buildGraphqlSchema();
const ROOT_FIELDS = rootFieldsOf(schema);

/** Two servers made anew for each part of the operations. */
async function fuzz(newDatabase: () => Promise<string>): Promise<Counts> {
  const counts = new Counts();
  const startedMs = performance.now();
  const goesOn = (): boolean => counts.asked < AT_LEAST || performance.now() - startedMs < WITHIN_MS;
  for (let start = 0; counts.asked < OPERATIONS && goesOn(); start++) {
    const ways = await TwoWays.start(schema, newDatabase, SEED * 31 + start);
    try {
      await ways.setUp();
      const requests = Math.min(PER_START, OPERATIONS - counts.asked);
      const fuzzing = new Fuzz(SEED * 7919 + start, ways, { path: GRAPHQL_PATH, schema }, counts);
      await fuzzing.run(requests / 2);
      fuzzing.callers = await ways.closeAccess();
      await fuzzing.run(requests / 2);
      counts.byLane += ways.laneAnswers[1];
      expect(ways.laneAnswers[0]).toBe(0);
    } finally {
      await ways.stop();
    }
  }
  return counts;
}

/** All applications of one start, half of the operations where nobody needs a key. */
async function fuzzApplications(newDatabase: () => Promise<string>): Promise<{ counts: Counts; left: string[] }> {
  const counts = new Counts();
  const ways = await TwoWays.start(schema, newDatabase, SEED * 37);
  try {
    await ways.setUp(TYPED_APPLICATIONS);
    const fuzzings = await Promise.all(
      TYPED_APPLICATIONS.map(async ({ name }, i) => {
        const address = await ways.openApplication(name);
        return { address, fuzzing: new Fuzz(SEED * 7907 + i, ways, address, counts) };
      }),
    );
    const known = ways.laneAnswers[1];
    for (const { fuzzing } of fuzzings) await fuzzing.run(TYPED_OPERATIONS / 2);
    const callers = await ways.closeAccess();
    for (const { fuzzing } of fuzzings) {
      fuzzing.callers = callers;
      await fuzzing.run(TYPED_OPERATIONS / 2);
    }
    counts.byLane = ways.laneAnswers[1] - known;
    expect(ways.laneAnswers[0]).toBe(0);
    const all = new Set(fuzzings.flatMap(({ address }) => rootFieldsOf(address.schema)));
    return { counts, left: [...all].filter((name) => !counts.rootFields.has(name)) };
  } finally {
    await ways.stop();
  }
}

function expectVariety(counts: Counts): void {
  expect(counts.refusedVariables / counts.asked).toBeGreaterThan(0.3);
  expect(counts.byLane / counts.asked).toBeGreaterThan(0.3);
  expect(counts.refused / counts.asked).toBeGreaterThan(0.05);
}

await eachPostgres(
  "the hot lane",
  (postgres) => {
    const newDatabase = () => postgres().newDatabase();

    test(
      "answers whatever the schema allows as the pipeline does: status, headers and body",
      async () => {
        const counts = await fuzz(newDatabase);
        const left = ROOT_FIELDS.filter((name) => !counts.rootFields.has(name));
        // On a machine that is too slow for all of them the seed promises nothing.
        const isWhole = counts.asked >= OPERATIONS;
        expect(isWhole ? left : []).toEqual([]);
        const unmet = PLANTED.filter((planted) => !counts.defects.has(planted));
        expect(isWhole ? unmet : []).toEqual([]);
        expectVariety(counts);
        expect(counts.withErrors / counts.asked).toBeGreaterThan(0.02);
      },
      30_000 + OPERATIONS * MS_EACH,
    );

    test(
      "answers whatever an application's own schema allows as the pipeline does",
      async () => {
        const { counts, left } = await fuzzApplications(newDatabase);
        expect(left).toEqual([]);
        expect(PLANTED.filter((planted) => !counts.defects.has(planted))).toEqual([]);
        expectVariety(counts);
      },
      30_000 + TYPED_APPLICATIONS.length * TYPED_OPERATIONS * MS_EACH,
    );
  },
  ["server"],
);
