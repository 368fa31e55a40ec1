import { describe, expect, test } from "@jest/globals";
import { Command } from "commander";
import { buildSchema, getNamedType, isInputObjectType } from "graphql";
import type { GraphQLInputObjectType } from "graphql";
import { readFileSync } from "node:fs";
import { addPolicyOptions, policyVariables } from "../../src/cli/policyOptions.js";
import type { PolicyOptions } from "../../src/cli/policyOptions.js";
import { POLICY_KINDS, POLICY_PARAMETERS, requestName } from "../../src/domain/requestNames.js";

function variables(...args: readonly string[]): object {
  const command = addPolicyOptions(new Command()).exitOverride();
  return policyVariables(command.parse(args, { from: "user" }).opts<PolicyOptions>());
}

/** A name with a dot for each field of an input within. */
function fieldsOf(type: GraphQLInputObjectType): readonly string[] {
  return Object.values(type.getFields()).flatMap(({ name, type: given }) => {
    const inner = getNamedType(given);
    return isInputObjectType(inner) ? fieldsOf(inner).map((field) => `${name}.${field}`) : [name];
  });
}

describe("a policy's options", () => {
  test("name the policies and parameters that the schema has, and no others", () => {
    const schema = buildSchema(readFileSync("schema/schema.graphql", "utf8"));
    const known = POLICY_KINDS.map((kind) => [requestName(kind), POLICY_PARAMETERS[kind].toSorted()]);
    const fields = Object.values((schema.getType("PolicyInput") as GraphQLInputObjectType).getFields());
    const inSchema = fields.map(({ name, type }) => {
      const given = getNamedType(type);
      return [name, isInputObjectType(given) ? fieldsOf(given).toSorted() : []];
    });
    expect(Object.fromEntries(known)).toEqual(Object.fromEntries(inSchema));
  });

  test("are what the server takes", () => {
    expect(
      variables("--policy", "linear", "--parameter", "prior.ridge=1", "--parameter", "featureModel=f"),
    ).toStrictEqual({ policy: { linear: { prior: { ridge: 1 }, featureModel: "f" } }, loss: null });
    expect(
      variables("--policy", "exp3-ix", "--loss", "reward", "--reward-min", "0", "--reward-max", "1"),
    ).toStrictEqual({ policy: { exp3Ix: {} }, loss: { reward: { range: undefined, min: 0, max: 1 } } });
  });

  test.each([
    [
      "thompson --parameter eta=1",
      "--parameter eta: the policy thompson has no such parameter; its parameters: epsilon, strength",
    ],
    ["ucb1 --parameter eta=1", "--parameter eta: the policy ucb1 has no such parameter; its parameters: none"],
    ["linear --parameter prior=1", "--parameter prior: the policy linear has no such parameter"],
    [
      "squarecb",
      "--parameter: the policy squarecb needs one of context.featureModel=NAME and context.tensor=NAME, got none",
    ],
    ["ensemble --loss reward", "--loss reward needs --reward-min and --reward-max"],
    ["ensemble --loss reward --reward-min 0", "--loss reward needs --reward-max"],
    ["ensemble --loss squared", "--loss squared needs --loss-range"],
    ["ensemble --loss log --loss-range 2", "--loss-range is for --loss squared or absolute, not for log"],
    ["ensemble --reward-min 2", "--reward-min is for --loss reward"],
  ])("are refused in the command's words: --policy %s", (given, message) => {
    expect(() => variables("--policy", ...given.split(" "))).toThrow(message);
  });
});
