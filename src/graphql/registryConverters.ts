import { OPEN_ACCESS, sees } from "../domain/access.js";
import type { Access } from "../domain/access.js";
import type {
  Application,
  ApplicationLink,
  Model,
  ModelVersion,
  Output,
  OutputSpec,
  PolicyVersion,
  RegistrySnapshot,
} from "../domain/application.js";
import { badInput, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { ApplicationPatch, NewApplication, Stored } from "../domain/storePorts.js";
import type { NewModelVersion } from "../serving/administer.js";
import { applicationRevision, modelRevision } from "../lib/revision.js";
import type { ModelVersions } from "../serving/modelVersions.js";
import type { RequestContext } from "./context.js";
import { follow } from "./followedEdges.js";
import { nodeId } from "./nodeIds.js";
import { fromApproximateCaches } from "./approximateCacheTypes.js";
import type { ReplicaStatus } from "../serving/servedVersion.js";
import { fromModelSettings } from "./modelSettingsConverters.js";
import { fromFeedback, fromPolicySpec, toFeedbackPatch, toLossSpec, toPolicySpec } from "./policyConverters.js";
import type { PolicyInput } from "./policyInputs.js";
import { fromRefusedInput, fromOutput } from "./predictionConverters.js";
import type {
  CreateApplicationInput,
  OutputInput,
  OutputSpecInput,
  UpdateApplicationInput,
} from "./applicationTypes.js";
import type { RegisterModelVersionInput } from "./registryTypes.js";

const DEFAULT_SLO_MS = 50;
const DEFAULT_BULK_DEADLINE_MS = 30_000;
export const DEFAULT_WEIGHT = 1;
/** Of lists that may grow the short fields show so many; all are in connections. */
const SHOWN = 100;

export function toNewApplication(input: CreateApplicationInput): NewApplication | Failure {
  const sloMs = input.sloMs ?? DEFAULT_SLO_MS;
  const common = {
    name: input.name,
    description: input.description ?? "",
    sloMs,
    bulkDeadlineMs: input.bulkDeadlineMs ?? Math.max(sloMs, DEFAULT_BULK_DEADLINE_MS),
    input: input.input,
    output: toOutputSpec(input.output),
    policy: toPolicySpec(input.policy ?? defaultPolicy(input)),
    loss: input.loss == null ? undefined : toLossSpec(input.loss),
    ...(input.confidenceThreshold == null ? {} : { confidenceThreshold: input.confidenceThreshold }),
    ...(input.coverage == null ? {} : { coverage: input.coverage }),
    feedback: input.feedback == null ? undefined : toFeedbackPatch(input.feedback),
    links: input.models?.map(({ model, weight }) => ({ model, weight: weight ?? DEFAULT_WEIGHT })),
  } as const;
  if (input.defaultOutput == null) return common;
  const defaultOutput = toOutput(input.defaultOutput);
  return isFailure(defaultOutput) ? defaultOutput : { ...common, defaultOutput };
}

/** Weights that were given are kept to; rewards are of one model's answer; else feedback weighs the models. */
function defaultPolicy({ models, loss }: CreateApplicationInput): PolicyInput {
  if (loss?.reward != null) return { exp3Ix: {} };
  return models?.some(({ weight }) => weight != null) === true ? { static: {} } : { ensemble: {} };
}

function toOutputSpec({ label, vector }: OutputSpecInput): OutputSpec {
  if (label != null) return { kind: "LABEL", labels: label.labels };
  return vector == null ? { kind: "NUMBER" } : { kind: "VECTOR", size: vector.size };
}

export function toOutput(input: OutputInput): Output | Failure {
  if (input.label != null) return { kind: "LABEL", label: input.label };
  if (input.number != null) return { kind: "NUMBER", number: input.number };
  const { vector } = input;
  if (Array.isArray(vector) && vector.every((value) => typeof value === "number")) {
    return { kind: "VECTOR", vector: Float64Array.from(vector) };
  }
  return badInput(["defaultOutput", "vector"], "a list of numbers", typeof vector);
}

export function toNewModelVersion(input: RegisterModelVersionInput): NewModelVersion {
  const { model, version, signature } = input;
  return {
    model,
    version,
    signature: signature ?? undefined,
    labels: input.labels ?? undefined,
    endpoints: input.endpoints ?? [],
    makeCurrent: input.makeCurrent ?? true,
  };
}

export function toApplicationPatch(input: UpdateApplicationInput): ApplicationPatch | Failure {
  const defaultOutput = input.defaultOutput == null ? input.defaultOutput : toOutput(input.defaultOutput);
  if (isFailure(defaultOutput)) return defaultOutput;
  return {
    description: input.description ?? undefined,
    sloMs: input.sloMs ?? undefined,
    bulkDeadlineMs: input.bulkDeadlineMs ?? undefined,
    defaultOutput,
    policy: input.policy == null ? undefined : toPolicySpec(input.policy),
    loss: input.loss == null ? undefined : toLossSpec(input.loss),
    confidenceThreshold: input.confidenceThreshold,
    coverage: input.coverage,
    feedback: input.feedback == null ? undefined : toFeedbackPatch(input.feedback),
  };
}

export function fromApplication(application: Application, snapshot: RegistrySnapshot): object {
  const { name, description, sloMs, bulkDeadlineMs, input, output, defaultOutput, policy, policyVersion, links } =
    application;
  const { loss, confidenceThreshold, coverage, feedback } = application;
  return {
    __typename: "Application",
    id: () => nodeId({ type: "Application", name }),
    name,
    description,
    sloMs,
    bulkDeadlineMs,
    input,
    output,
    defaultOutput: defaultOutput === undefined ? undefined : fromOutput(defaultOutput),
    policy: fromPolicySpec(policy),
    policyVersion,
    currentPolicyVersion: (_given: unknown, context: RequestContext) => {
      follow(context);
      return fromPolicyVersions(application, snapshot, (version) => version === policyVersion)[0];
    },
    policyVersions: () => fromPolicyVersions(application, snapshot).slice(-SHOWN),
    allPolicyVersions: () => fromPolicyVersions(application, snapshot),
    loss,
    confidenceThreshold,
    coverage,
    feedback: fromFeedback(feedback),
    models: links.map(fromLink),
    revision: () => applicationRevision(application),
  };
}

function fromLink({ model, weight }: ApplicationLink): object {
  return {
    model,
    weight,
    linkedModel: (_given: unknown, context: RequestContext) => {
      follow(context);
      const { catalogue, versions } = context.services;
      const found = catalogue.snapshot.models.find(({ name }) => name === model);
      return found === undefined ? undefined : fromModel(found, catalogue.snapshot, versions, context.access);
    },
  };
}

/** In the order of their numbers. */
export function fromPolicyVersions(
  of: Application,
  snapshot: RegistrySnapshot,
  wanted: (version: number) => boolean = () => true,
): object[] {
  const own = snapshot.policyVersions.filter(({ application, version }) => application === of.name && wanted(version));
  const revision = (): string => applicationRevision(of);
  return own
    .sort((a, b) => a.version - b.version)
    .map((version) => fromPolicyVersion({ ...version, revision }, of, snapshot));
}

export function fromPolicyVersion(
  { version, policy, loss, frozen, revision }: PolicyVersion & { readonly revision: string | (() => string) },
  of: Application,
  snapshot: RegistrySnapshot,
): object {
  return {
    __typename: "PolicyVersion",
    id: () => nodeId({ type: "PolicyVersion", name: of.name, version }),
    ...{ version, loss, frozen, revision },
    current: version === of.policyVersion,
    policy: fromPolicySpec(policy),
    ofApplication: (_given: unknown, context: RequestContext) => {
      follow(context);
      return fromApplication(of, snapshot);
    },
  };
}

/** Mutations of models are for keys that see all applications. */
export function fromModel(
  model: Model,
  snapshot: RegistrySnapshot,
  served: ModelVersions,
  access: Access = OPEN_ACCESS,
): object {
  const own = snapshot.versions.filter((version) => version.model === model.name).sort((a, b) => b.version - a.version);
  const versions = own.map((version) => fromModelVersion(version, model, served, access));
  const settings = fromModelSettings(served.settingsOf(model.name));
  return {
    __typename: "Model",
    id: () => nodeId({ type: "Model", name: model.name }),
    name: model.name,
    currentVersion: model.currentVersion,
    settings,
    revision: () => modelRevision(model),
    versions: versions.slice(0, SHOWN),
    allVersions: () => versions,
    current: (_given: unknown, context: RequestContext) => {
      follow(context);
      const current = own.find(({ version }) => version === model.currentVersion);
      return current === undefined ? undefined : fromModelVersion(current, model, served, access);
    },
  };
}

/** Undefined: it is not registered (any more). */
export function registeredVersion(
  name: string,
  number: number,
  { services: { catalogue, versions }, access }: RequestContext,
): object | undefined {
  const { snapshot } = catalogue;
  const model = snapshot.models.find((each) => each.name === name);
  const version = snapshot.versions.find((each) => each.model === name && each.version === number);
  return model && version && fromModelVersion(version, model, versions, access);
}

export function fromModelVersion(
  version: ModelVersion,
  model: Model,
  served: ModelVersions,
  access: Access = OPEN_ACCESS,
): object {
  return {
    __typename: "ModelVersion",
    id: () => nodeId({ type: "ModelVersion", name: version.model, version: version.version }),
    model: version.model,
    version: version.version,
    current: version.version === model.currentVersion,
    serving: version.version === served.serving.of(version.model),
    inputs: version.signature.inputs,
    outputs: version.signature.outputs,
    labels: version.signature.classes?.map(({ label }) => label),
    endpoints: version.endpoints,
    revision: () => modelRevision(model),
    ofModel: (_given: unknown, context: RequestContext) => {
      follow(context);
      return fromModel(model, context.services.catalogue.snapshot, served, context.access);
    },
    replicas: () => fromReplicas(version, model, served).slice(0, SHOWN),
    allReplicas: () => fromReplicas(version, model, served),
    approximateCaches: () =>
      fromApproximateCaches(
        (served.find(version.model, version.version)?.approximateCaches ?? []).filter(
          ({ application }) => application === undefined || sees(access, application),
        ),
      ).slice(0, SHOWN),
    fillWait: () => served.find(version.model, version.version)?.batcher.fillWait,
  };
}

function fromReplicas(version: ModelVersion, model: Model, served: ModelVersions): object[] {
  const found = served.find(version.model, version.version);
  if (found === undefined) return [];
  const modelVersion = (_given: unknown, context: RequestContext): object => {
    follow(context);
    return fromModelVersion(version, model, served, context.access);
  };
  return found.replicaStatus().map(({ link, metrics, ...status }) => ({
    id: link.id,
    endpoint: link.endpoint,
    retryInMs: link.retryInMs,
    warmUp: link.warmUp,
    modelVersion,
    ...status,
    figures: () => fromReplicaMetrics(metrics),
  }));
}

function fromReplicaMetrics(metrics: ReplicaStatus["metrics"]): object {
  const { links, batches, rows, overdue, lost, ejected, retried, serviceMs } = metrics;
  return {
    ...{ batches, rows, overdue, lost, ejected, retried },
    restarts: Math.max(0, links - 1),
    serviceP50Ms: serviceMs.quantile(0.5),
    serviceP99Ms: serviceMs.quantile(0.99),
  };
}

export function fromStored<T>(stored: Stored<T>, convert: (value: T) => object): object {
  return isFailure(stored) ? fromRefusedInput(stored) : convert(stored.value);
}
