import { describe, expect, test } from "@jest/globals";
import { OPEN_ACCESS } from "../../src/domain/access.js";
import type { RequestContext } from "../../src/graphql/context.js";
import { RegistryResolver } from "../../src/graphql/registryResolver.js";
import { application, catalogueOf } from "../support/fakeServing.js";

describe("an application's links", () => {
  test("are the registry's in a list and by name, also those that are left out of serving", () => {
    const links = [{ model: "misfit", weight: 1 }];
    // None of them is served.
    const catalogue = catalogueOf(application({ links }), []);
    const context = { services: { catalogue }, access: OPEN_ACCESS } as unknown as RequestContext;
    const resolver = new RegistryResolver();
    const one = resolver.application("insects", context);
    expect(one).toMatchObject({ name: "insects", models: links });
    expect(resolver.applications(20, undefined, context)).toMatchObject({
      edges: [{ node: { name: "insects", models: links } }],
    });
    expect(resolver.application("unknown", context)).toBeUndefined();
  });
});
