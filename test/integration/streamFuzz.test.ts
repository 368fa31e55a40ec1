import { expect, test } from "@jest/globals";
import { buildGraphqlSchema } from "../../src/graphql/schema.js";
import { Draws } from "../support/laneFuzz/draws.js";
import { StreamCounts, StreamFuzz } from "../support/laneFuzz/streamFuzz.js";
import { TwoWays } from "../support/laneFuzz/twoWays.js";
import { eachPostgres } from "../support/postgres.js";

/** For other operations than always, and more of them. */
const SEED = Number(process.env["FUZZ_SEED"] ?? 1);
const OPERATIONS = Number(process.env["FUZZ_OPERATIONS"] ?? 500);
/** What the slowest machine needs for one. */
const MS_EACH = 150;

await eachPostgres(
  "subscriptions",
  (postgres) => {
    test(
      "tell the same over websockets and as events: values, errors, codes and completion",
      async () => {
        const schema = buildGraphqlSchema();
        const counts = new StreamCounts();
        const ways = await TwoWays.start(schema, () => postgres().newDatabase(), SEED * 41);
        try {
          await ways.setUp();
          const fuzz = new StreamFuzz(new Draws(SEED * 7901), ways, schema, counts);
          await fuzz.run(OPERATIONS / 2);
          fuzz.callers = await ways.closeAccess();
          await fuzz.run(OPERATIONS / 2);
        } finally {
          await ways.stop();
        }
        expect(counts.withErrors / counts.asked).toBeGreaterThan(0.3);
        expect(counts.withValues / counts.asked).toBeGreaterThan(0.05);
        expect(counts.leftOpen / counts.asked).toBeGreaterThan(0.1);
        expect(counts.refused).toBeGreaterThan(0);
        const codes = ["BAD_INPUT", "NOT_FOUND", "FORBIDDEN", "QUERY_TOO_COMPLEX"];
        expect([...counts.codes]).toEqual(expect.arrayContaining(codes));
      },
      30_000 + OPERATIONS * MS_EACH,
    );
  },
  ["server"],
);
