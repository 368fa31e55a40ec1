import { getNamedType, getNullableType, GraphQLError, isListType, isNonNullType, isUnionType } from "graphql";
import type { GraphQLField, GraphQLFieldResolver, GraphQLObjectType, GraphQLOutputType, GraphQLSchema } from "graphql";
import { sees } from "../domain/access.js";
import type { Access } from "../domain/access.js";
import { failure } from "../domain/failure.js";
import type { RegistrySnapshot } from "../domain/application.js";
import { ruleOf, valuesAt } from "./accessRules.js";
import type { AccessRule, FieldArguments } from "./accessRules.js";
import { audited } from "./auditedField.js";
import type { RequestContext } from "./context.js";
import { fromFailure } from "./predictionConverters.js";

type Resolve = GraphQLFieldResolver<unknown, RequestContext, Record<string, unknown>>;

/**
 * Puts the rules of what a key sees around every root field, and the audit log around administrators' mutations: what
 * runs a field, be it execute, a compiled query or a subscription, then goes through them.
 */
export function guardFields(schema: GraphQLSchema): void {
  const types = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of types) {
    if (type == null) continue;
    for (const field of Object.values(type.getFields()) as GraphQLField<unknown, RequestContext>[]) {
      guardField(type, field);
    }
  }
}

function guardField(type: GraphQLObjectType, field: GraphQLField<unknown, RequestContext>): void {
  const rule = ruleOf(type.name, field.name);
  const isMutation = type.name === "Mutation";
  const guard = (resolve: Resolve): Resolve => {
    const guarded = rule === undefined ? resolve : onlyWhatIsSeen(rule, field.type, resolve);
    return isMutation && rule?.scope === "ADMIN" ? audited(field.name, rule.target, guarded) : guarded;
  };
  if (field.subscribe !== undefined) field.subscribe = guard(field.subscribe);
  else if (field.resolve !== undefined) field.resolve = guard(field.resolve);
}

function onlyWhatIsSeen(rule: AccessRule, type: GraphQLOutputType, resolve: Resolve): Resolve {
  const { concern } = rule;
  if (concern.kind !== "NAMED" && concern.kind !== "MODEL") return resolve;
  const hidden = whereHidden(rule, type);
  return (source, given, context, info) => {
    if (context.access.applications !== undefined) {
      const found = hidden(given, context);
      if (found !== undefined) return found.answer;
    }
    return resolve(source, given, context, info);
  };
}

/** What is answered of what the key may not see; undefined where it may. */
function whereHidden(
  { concern, rows }: AccessRule,
  type: GraphQLOutputType,
): (given: FieldArguments, context: RequestContext) => { readonly answer: unknown } | undefined {
  return (given, { access, services }) => {
    const name = hiddenName(given, access, () => services.catalogue.snapshot);
    return name === undefined ? undefined : { answer: nothing(type, name, rows?.(given) ?? 1) };
  };

  function hiddenName(given: FieldArguments, access: Access, snapshot: () => RegistrySnapshot): string | undefined {
    if (concern.kind === "NAMED") {
      const [application] = valuesAt(given, concern.at);
      if (application === undefined && concern.orModelAt !== undefined) {
        const [model] = concern.orModelAt.flatMap((at) => valuesAt(given, at));
        return seesModel(access, snapshot(), model) ? undefined : `model ${quoted(model)}`;
      }
      // One that does not exist (yet) goes no further either: what would be said of it may name others.
      if (typeof application !== "string" || !sees(access, application)) return `application ${quoted(application)}`;
      if (concern.isNew !== true && !exists(snapshot(), application)) return `application ${quoted(application)}`;
      if (concern.modelsAt === undefined) return undefined;
      const models = concern.modelsAt.flatMap((at) => valuesAt(given, at));
      const model = models.find((each) => !seesModel(access, snapshot(), each));
      return model === undefined ? undefined : `model ${quoted(model)}`;
    }
    if (concern.kind !== "MODEL") return undefined;
    const [model] = valuesAt(given, concern.at);
    return seesModel(access, snapshot(), model) ? undefined : `model ${quoted(model)}`;
  }
}

function exists({ applications }: RegistrySnapshot, application: string): boolean {
  return applications.some(({ name }) => name === application);
}

/** A model is seen by those who see an application that it answers for. */
export function seesModel(access: Access, { applications }: RegistrySnapshot, model: unknown): boolean {
  if (access.applications === undefined) return true;
  return applications.some(({ name, links }) => sees(access, name) && links.some((link) => link.model === model));
}

/** As where it does not exist: null, the typed failure, one for each row, or an error. */
function nothing(type: GraphQLOutputType, what: string, rows: number): unknown {
  const message = `${what} does not exist`;
  const named = getNamedType(type);
  if (isUnionType(named) && named.getTypes().some(({ name }) => name === "NotFound")) {
    const one = fromFailure(failure("NOT_FOUND", message));
    return isListType(getNullableType(type)) ? Array.from({ length: rows }, () => one) : one;
  }
  if (!isNonNullType(type)) return null;
  throw new GraphQLError(message, { extensions: { code: "NOT_FOUND" } });
}

function quoted(name: unknown): string {
  return JSON.stringify(typeof name === "string" ? name.slice(0, 80) : "");
}
