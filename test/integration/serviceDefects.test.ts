import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Services } from "../../src/graphql/context.js";
import { buildGraphqlSchema } from "../../src/graphql/schema.js";
import { GRAPHQL_PATH } from "../../src/graphql/websocketFront.js";
import { LaneWorld } from "../support/laneFuzz/laneWorld.js";
import { eachPostgres } from "../support/postgres.js";

const PLANTED = "a planted defect";
const FAILURE = "__typename ... on Failure { code message }";
const EXAMPLE =
  'of: { example: { application: "insects", input: { values: [1] } } }, truth: { label: "ant" }, key: "k"';

/** Each calls something else of the inside. */
const OPERATIONS: readonly string[] = [
  `{ predict(input: { application: "insects", input: { values: [1] } }) { ${FAILURE} ... on Prediction { receipt } } }`,
  `{ predictMany(input: { application: "insects", inputs: [{ values: [1] }, { values: [2] }] }) { ${FAILURE} } }`,
  `mutation { observe(input: { ${EXAMPLE} }) { ${FAILURE} } }`,
  `mutation { observeMany(input: { observations: [{ ${EXAMPLE} }] }) { ${FAILURE} } }`,
  `mutation { activate(input: { receipt: "x" }) { ${FAILURE} } }`,
  '{ policyEvents(application: "insects") { __typename } }',
  '{ observations(application: "insects") { __typename } }',
  '{ learnedState(application: "insects") { __typename } }',
  `{ auditLog { ${FAILURE} } }`,
  `{ verifyAuditLog { ${FAILURE} } }`,
  `{ deployments { ${FAILURE} } }`,
  "{ apiKeys { __typename } }",
  `mutation { updateApplication(input: { name: "insects", description: "d" }) { ${FAILURE} } }`,
  `mutation { freezePolicy(input: { application: "insects", version: 1 }) { ${FAILURE} } }`,
];

/** The so many-th call of the inside from now on goes wrong, in one of two ways; 0: none does. */
class Plan {
  at = 0;
  way: "throws" | "rejects" = "throws";

  get isOver(): boolean {
    return this.at === 0;
  }

  call(run: () => unknown): unknown {
    if (this.at === 0) return run();
    if (this.way === "throws") {
      if (--this.at === 0) throw new Error(PLANTED);
      return run();
    }
    const given = run();
    if (!(given instanceof Promise) || --this.at > 0) return given;
    return given.then(() => Promise.reject(new Error(PLANTED)));
  }
}

/** Time and the log are not the inside's. */
const OUTSIDE: ReadonlySet<string> = new Set(["clock", "logDefect", "receiptOf"]);

/** Every function of the services, and of what they consist of, goes through the plan. */
function planned(services: Services, plan: Plan): Services {
  const wrap = (of: object): Record<string, unknown> =>
    new Proxy(of as Record<string, unknown>, {
      get: (target, name) => {
        const found: unknown = Reflect.get(target, name, target);
        if (typeof name === "symbol" || OUTSIDE.has(name)) return found;
        if (typeof found === "function") {
          return (...given: unknown[]) => plan.call(() => Reflect.apply(found, target, given) as unknown);
        }
        return found;
      },
    });
  const parts = Object.entries(services).map(([name, part]: [string, unknown]) => {
    if (OUTSIDE.has(name)) return [name, part];
    if (typeof part === "function") {
      return [name, (...given: unknown[]) => plan.call(() => Reflect.apply(part, services, given) as unknown)];
    }
    return [name, typeof part === "object" && part !== null ? wrap(part) : part];
  });
  return Object.fromEntries(parts) as Services;
}

await eachPostgres(
  "a defect in whatever a request calls",
  (postgres) => {
    const plan = new Plan();
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    let world: LaneWorld;

    beforeAll(async () => {
      process.on("unhandledRejection", note);
      const url = await postgres().newDatabase();
      world = await LaneWorld.start(buildGraphqlSchema(), url, 1, (services) => planned(services, plan));
      const input = `name: "insects", sloMs: 1000, input: [{ name: "x", datatype: FP32, shape: [1] }], output: { label: { labels: ["ant", "bee"] } }, defaultOutput: { label: "ant" }`;
      const query = `mutation { createApplication(input: { ${input} }) { __typename ... on Failure { message } } }`;
      const { body } = await world.ask({ query }, {}, GRAPHQL_PATH);
      expect(body).toContain('"__typename":"Application"');
    });
    afterAll(async () => {
      await world.stop();
      process.off("unhandledRejection", note);
    });

    test.each(OPERATIONS)("is that request's own, said without its text, wherever it is met: %s", async (query) => {
      let met = 0;
      for (const way of ["throws", "rejects"] as const) {
        for (let at = 1; ; at++) {
          Object.assign(plan, { at, way });
          const before = world.defects.length;
          // New each time, so that it goes the whole way; then known.
          const { status, body } = await world.ask({ query: `${query} # ${way} ${at}` }, {}, GRAPHQL_PATH);
          const wasMet = plan.isOver;
          plan.at = 0;
          expect([200, 500]).toContain(status);
          expect(body).not.toContain(PLANTED);
          if (!wasMet) break;
          met += 1;
          expect(body).toContain("INTERNAL");
          expect(world.defects.slice(before)).toContain(PLANTED);
        }
        const { status, body } = await world.ask({ query }, {}, GRAPHQL_PATH);
        expect(status).toBe(200);
        expect(body).not.toContain("INTERNAL");
      }
      expect(met).toBeGreaterThan(0);
      expect(unhandled).toEqual([]);
    });
  },
  ["server"],
);
