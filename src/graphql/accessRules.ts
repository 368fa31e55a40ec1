import type { Bucket, Scope } from "../domain/access.js";

/** Where a value stands in a field's arguments; `*` is every item of a list. */
type ArgumentPath = readonly string[];
/** As graphql-js has coerced them; where rows are counted as they were sent, perhaps not what the schema wants. */
export type FieldArguments = Readonly<Record<string, unknown>>;

/**
 * How a field's application is found. NAMED: it stands in an argument; of another than the key's nothing is to be seen,
 * whether it exists or not. MODEL: the argument names a model, which is seen by those who see an application that it is
 * linked to. WITHIN: the field itself gives only what the key may see, since that is known only while it runs (receipts,
 * lists). ALL: it concerns every application, so a key for single ones may not use it. NONE: no application's.
 */
export type Concern =
  | {
      readonly kind: "NAMED";
      readonly at: ArgumentPath;
      /** Models that the key must see too. */
      readonly modelsAt?: readonly ArgumentPath[];
      /** Instead of an application, a model may be named: as with MODEL. */
      readonly orModelAt?: readonly ArgumentPath[];
      /** It need not exist yet. */
      readonly isNew?: true;
    }
  | { readonly kind: "MODEL"; readonly at: ArgumentPath }
  | { readonly kind: "WITHIN" }
  | { readonly kind: "ALL" }
  | { readonly kind: "NONE" };

export interface AccessRule {
  /** Undefined: any key will do. */
  readonly scope: Scope | undefined;
  readonly concern: Concern;
  /** Where rows are counted, and how many a field asks for: one if it is not said. */
  readonly bucket: Bucket;
  readonly rows?: (given: FieldArguments) => number;
  /** Of administrators: where the name stands that the audit log mentions. */
  readonly target?: ArgumentPath;
}

const named = (...at: string[]): Concern => ({ kind: "NAMED", at });
const ALL: Concern = { kind: "ALL" };
const WITHIN: Concern = { kind: "WITHIN" };
const NONE: Concern = { kind: "NONE" };

const read = (concern: Concern): AccessRule => ({ scope: "READ", concern, bucket: "OTHER" });
const admin = (concern: Concern, ...target: string[]): AccessRule => ({
  scope: "ADMIN",
  concern,
  bucket: "OTHER",
  ...(target.length > 0 ? { target } : concern.kind === "NAMED" ? { target: concern.at } : {}),
});
const watch: AccessRule = {
  scope: "METRICS",
  concern: {
    kind: "NAMED",
    at: ["of", "application"],
    orModelAt: [
      ["of", "model"],
      ["of", "replica", "model"],
    ],
  },
  bucket: "OTHER",
};
const predicts = (rows?: AccessRule["rows"]): AccessRule => ({
  scope: "PREDICT",
  concern: named("input", "application"),
  bucket: "PREDICT",
  ...(rows !== undefined && { rows }),
});
const observes = (rows?: AccessRule["rows"]): AccessRule => ({
  scope: "OBSERVE",
  concern: WITHIN,
  bucket: "OBSERVE",
  ...(rows !== undefined && { rows }),
});

/**
 * Who may use each root field, and what of it they see: all of that is decided by this table. A field that is not in it
 * is refused wherever keys are needed, and fails a test.
 */
export const ACCESS_RULES: Readonly<Record<string, AccessRule>> = {
  "Query.__typename": { scope: undefined, concern: NONE, bucket: "OTHER", rows: () => 0 },
  "Mutation.__typename": { scope: undefined, concern: NONE, bucket: "OTHER", rows: () => 0 },
  "Subscription.__typename": { scope: undefined, concern: NONE, bucket: "OTHER", rows: () => 0 },
  "Query.__schema": admin(NONE),
  "Query.__type": admin(NONE),

  "Query.predict": predicts(),
  "Query.predictMany": predicts((given) => countAt(given, ["input", "inputs"])),
  "Mutation.observe": observes(),
  "Mutation.observeMany": observes((given) => countAt(given, ["input", "observations"])),
  "Mutation.activate": observes(),
  "Mutation.activateMany": observes((given) => countAt(given, ["input", "receipts"])),

  "Query.node": read(WITHIN),
  "Query.nodes": { ...read(WITHIN), rows: (given) => countAt(given, ["ids"]) },
  "Query.application": read(named("name")),
  "Query.applications": read(WITHIN),
  "Query.model": read({ kind: "MODEL", at: ["name"] }),
  "Query.models": read(WITHIN),
  "Query.learnedState": read(named("application")),
  "Query.policyEvents": read(named("application")),
  "Query.observations": read(named("application")),
  "Query.receiptContent": read(WITHIN),
  "Query.policyReplay": read(named("application")),
  "Query.policyEvaluation": read(named("application")),
  "Subscription.learningEvents": read(named("application")),
  "Subscription.predictions": read(named("application")),
  "Subscription.policyUpdates": read(named("application")),
  "Query.exportEntity": admin(named("application")),
  "Subscription.metrics": watch,
  "Subscription.events": watch,

  "Mutation.createApplication": admin({
    kind: "NAMED",
    at: ["input", "name"],
    isNew: true,
    modelsAt: [["input", "models", "*", "model"]],
  }),
  "Mutation.updateApplication": admin(named("input", "name")),
  "Mutation.deleteApplication": admin(named("input", "name")),
  "Mutation.linkModel": admin({ kind: "NAMED", at: ["input", "application"], modelsAt: [["input", "model"]] }),
  "Mutation.unlinkModel": admin(named("input", "application")),
  "Mutation.registerModelVersion": admin(ALL, "input", "model"),
  "Mutation.setCurrentVersion": admin(ALL, "input", "model"),
  "Mutation.removeModelVersion": admin(ALL, "input", "model"),
  "Mutation.configureModel": admin(ALL, "input", "model"),
  "Mutation.invalidateCache": admin(ALL, "input", "model"),
  "Query.deployment": admin(ALL),
  "Query.deployments": admin(ALL),
  "Query.wrapperLog": admin(ALL),
  "Subscription.deployments": admin(ALL),
  "Mutation.deployModel": admin(ALL, "input", "model"),
  "Mutation.undeployModel": admin(ALL, "input", "model"),
  "Mutation.setReplicas": admin(ALL, "input", "model"),
  "Mutation.pruneDeployments": admin(ALL),
  "Mutation.replayPolicy": admin(named("input", "application")),
  "Mutation.freezePolicy": admin(named("input", "application")),
  "Mutation.resetPolicy": admin(named("input", "application")),
  "Mutation.forkPolicy": admin(named("input", "application")),
  "Mutation.rollbackPolicy": admin(named("input", "application")),
  "Mutation.resetEntity": admin(named("input", "application")),
  "Mutation.deleteEntity": admin(named("input", "application")),
  "Mutation.rotateReceiptKey": admin(ALL),

  "Query.apiKeys": admin(ALL),
  "Mutation.createApiKey": admin(ALL, "input", "name"),
  "Mutation.revokeApiKey": admin(ALL, "input", "id"),
  "Query.auditLog": admin(ALL),
  "Query.verifyAuditLog": admin(ALL),
};

/** Of the schemas of single applications: that a key sees the application is checked where its address is resolved. */
export const APPLICATION_ACCESS_RULES: typeof ACCESS_RULES = {
  ...Object.fromEntries(Object.entries(ACCESS_RULES).filter(([field]) => field.includes(".__"))),
  "Query.predict": { ...predicts(), concern: NONE },
  "Query.predictMany": { ...predicts((given) => countAt(given, ["input", "inputs"])), concern: NONE },
  "Mutation.observe": observes(),
  "Mutation.observeMany": observes((given) => countAt(given, ["input", "observations"])),
  "Mutation.activate": observes(),
  "Mutation.activateMany": observes((given) => countAt(given, ["input", "receipts"])),
};

export function ruleOf(type: string, field: string, rules = ACCESS_RULES): AccessRule | undefined {
  const key = `${type}.${field}`;
  return Object.hasOwn(rules, key) ? rules[key] : undefined;
}

/** Every value at a path; nothing where the caller gave nothing. */
export function valuesAt(given: unknown, path: ArgumentPath, from = 0): readonly unknown[] {
  const step = path[from];
  if (step === undefined) return given == null ? [] : [given];
  if (typeof given !== "object" || given === null) return [];
  if (step !== "*") return valuesAt((given as Readonly<Record<string, unknown>>)[step], path, from + 1);
  return Array.isArray(given) ? given.flatMap((item) => valuesAt(item, path, from + 1)) : [];
}

function countAt(given: FieldArguments, path: ArgumentPath): number {
  const [list] = valuesAt(given, path);
  return Array.isArray(list) ? list.length : 1;
}
