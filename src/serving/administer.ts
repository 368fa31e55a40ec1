import { policyProblem } from "../correction/policyProblem.js";
import type { Application, ApplicationLink, Model, ModelVersion, Output, OutputSpec } from "../domain/application.js";
import { completeApplication, patchedApplication } from "../domain/applicationChanges.js";
import { badInput, failure, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { nameProblem, versionProblem } from "../domain/identifiers.js";
import { patchModelSettings, resolveModelSettings, settingsProblem } from "../domain/modelSettings.js";
import type { ModelSettingsPatch } from "../domain/modelSettings.js";
import { parameterPath, requestName } from "../domain/requestNames.js";
import { statedPolicy } from "../domain/policySpec.js";
import type {
  ApplicationPatch,
  ChangedModelVersion,
  NewApplication,
  RegistryStore,
  Stored,
} from "../domain/storePorts.js";
import { describeTensor, elementCount } from "../domain/tensor.js";
import type { Signature, TensorSpec } from "../domain/tensor.js";
import { parseEndpoint } from "../lib/endpoint.js";
import { approximateSpace, wantsApproximate } from "./approximateSettings.js";
import type { Catalogue } from "./catalogue.js";
import { givenRows } from "./givenInputs.js";
import { firstRepeated, namedClasses } from "./namedClasses.js";
import { learningProblem } from "./learningProblems.js";
import type { LearningPart } from "./learningProblems.js";
import { linksMisfit, misfit } from "./modelMisfit.js";

export interface AdministerDependencies {
  readonly registry: RegistryStore;
  readonly catalogue: Catalogue;
  /**
   * Reads the registry again, so that the caller's next query sees its own change. A reading that fails is told and
   * repeated by whoever does it.
   */
  readonly refresh: () => Promise<void>;
  /** What a ready replica of this process, or the wrapper at an endpoint, says that it serves. */
  readonly statedSignature: (
    model: string,
    version: number,
    endpoints: readonly string[],
  ) => Promise<Signature | Failure>;
  /** Why this server would not link what is at an endpoint, if that can be told now. */
  readonly endpointRefusal: (endpoint: string) => Promise<string | undefined>;
}

export interface NewModelVersion {
  readonly model: string;
  readonly version: number;
  /** Left out, the wrapper is asked. */
  readonly signature: Signature | undefined;
  /** Of its classes, in the order of its scores. Left out, those that the wrapper names. */
  readonly labels?: readonly string[] | undefined;
  readonly endpoints: readonly string[];
  readonly makeCurrent: boolean;
}

const RESERVED: ReadonlySet<string> = new Set(["graphql", "v2", "health", "metrics", "dashboard", "docs"]);
/** Weights are relative; sums of them stay finite. */
const MAX_WEIGHT = 1e6;
const MAX_LABELS = 10_000;
const MAX_ELEMENTS = 4_000_000;

/** Operators' story: applications, models, versions and links. `expected` is the revision that the caller had read. */
export class Administration {
  readonly #deps: AdministerDependencies;

  constructor(deps: AdministerDependencies) {
    this.#deps = deps;
  }

  async createApplication(asked: NewApplication): Promise<Stored<Application>> {
    const given = { ...asked, policy: statedPolicy(asked.policy) };
    const problem = applicationProblem(given) ?? this.#linksProblem(given);
    return problem ?? this.#changed(this.#deps.registry.createApplication(given));
  }

  async updateApplication(name: string, asked: ApplicationPatch, expected?: string): Promise<Stored<Application>> {
    const patch = { ...asked, policy: asked.policy && statedPolicy(asked.policy) };
    const known = this.#registered(name);
    const problem =
      (patch.sloMs === undefined ? undefined : sloProblem(patch.sloMs)) ??
      bulkDeadlineProblem(patch.sloMs ?? known?.sloMs, patch.bulkDeadlineMs ?? known?.bulkDeadlineMs) ??
      (patch.defaultOutput && defaultProblem(known?.output, patch.defaultOutput)) ??
      (known && learnsProblem(patchedApplication(known, patch), known.links)) ??
      // Another policy may read a linked model as features, or as an answer, where this one did not.
      (known && patch.policy && linksMisfit(this.#deps.catalogue.snapshot, patchedApplication(known, patch)));
    return problem ?? this.#changed(this.#deps.registry.updateApplication(name, patch, expected));
  }

  deleteApplication(name: string, expected?: string): Promise<Stored<Application>> {
    return this.#changed(this.#deps.registry.deleteApplication(name, expected));
  }

  async registerModelVersion(given: NewModelVersion, expected?: string): Promise<Stored<ChangedModelVersion>> {
    const refusal =
      nameProblem(["model"], given.model) ?? versionProblem(given.version) ?? endpointsProblem(given.endpoints);
    if (refusal !== undefined) return refusal;
    const { model, version, endpoints } = given;
    const refused = await this.#endpointsRefusal(endpoints);
    if (refused !== undefined) return refused;
    const stated = given.signature ?? (await this.#deps.statedSignature(model, version, endpoints));
    const signature = isFailure(stated) ? stated : namedClasses(stated, given.labels);
    if (isFailure(signature)) return signature;
    const unusable = signatureProblem(signature);
    if (unusable !== undefined) return unusable;
    const stored = { model, version, signature, endpoints };
    const problem = given.makeCurrent ? this.#misfitOfCurrent(stored) : undefined;
    if (problem !== undefined) return problem;
    return this.#changed(this.#deps.registry.registerModelVersion(stored, given.makeCurrent, expected));
  }

  async #endpointsRefusal(endpoints: readonly string[]): Promise<Failure | undefined> {
    const refusals = await Promise.all(endpoints.map((endpoint) => this.#deps.endpointRefusal(endpoint)));
    const at = refusals.findIndex((refusal) => refusal !== undefined);
    const why = refusals[at];
    return why === undefined ? undefined : failure("BAD_INPUT", `endpoints.${at}: ${why}`, { path: ["endpoints", at] });
  }

  async setCurrentVersion(model: string, version: number, expected?: string): Promise<Stored<ChangedModelVersion>> {
    const found = this.#version(model, version);
    const problem = found && this.#misfitOfCurrent(found);
    return problem ?? this.#changed(this.#deps.registry.setCurrentVersion(model, version, expected));
  }

  /** Changes how a model is batched and cached, on all servers at once. */
  async configureModel(model: string, patch: ModelSettingsPatch, expected?: string): Promise<Stored<Model>> {
    const problem =
      settingsProblem(patch) ?? this.#approximateProblem(model, patch) ?? this.#warmUpProblem(model, patch);
    return problem ?? this.#changed(this.#deps.registry.configureModel(model, patch, expected));
  }

  /** Why the model's current version cannot be cached approximately, if it is to be. */
  #approximateProblem(name: string, patch: ModelSettingsPatch): Failure | undefined {
    const model = this.#deps.catalogue.snapshot.models.find((candidate) => candidate.name === name);
    const current = model && this.#version(name, model.currentVersion);
    if (model === undefined || current === undefined) return undefined;
    const settings = resolveModelSettings(patchModelSettings(model.settings, patch));
    if (!wantsApproximate(settings)) return undefined;
    const space = approximateSpace(current.signature, settings);
    return isFailure(space) ? space : undefined;
  }

  /** What is wrong with an input that new replicas are to be warmed up with, for the model's current version. */
  #warmUpProblem(name: string, { warmUpInputs }: ModelSettingsPatch): Failure | undefined {
    const model = this.#deps.catalogue.snapshot.models.find((candidate) => candidate.name === name);
    const current = model && this.#version(name, model.currentVersion);
    if (current === undefined || warmUpInputs == null) return undefined;
    const rows = givenRows(current.signature.inputs, warmUpInputs, ["warmUpInputs"]);
    return isFailure(rows) ? rows : undefined;
  }

  invalidateCache(model: string): Promise<Stored<Model>> {
    return this.#changed(this.#deps.registry.invalidateCache(model));
  }

  removeModelVersion(model: string, version: number, expected?: string): Promise<Stored<Model>> {
    return this.#changed(this.#deps.registry.removeModelVersion(model, version, expected));
  }

  async linkModel(application: string, link: ApplicationLink, expected?: string): Promise<Stored<Application>> {
    const known = this.#registered(application);
    const problem = weightProblem(["weight"], link.weight) ?? (known && this.#misfitOfLink(known, link));
    return problem ?? this.#changed(this.#deps.registry.linkModel(application, link, expected));
  }

  unlinkModel(application: string, model: string, expected?: string): Promise<Stored<Application>> {
    return this.#changed(this.#deps.registry.unlinkModel(application, model, expected));
  }

  /** As the registry has it: what is served leaves out models that do not fit. */
  #registered(name: string): Application | undefined {
    return this.#deps.catalogue.snapshot.applications.find((candidate) => candidate.name === name);
  }

  #version(model: string, version: number): ModelVersion | undefined {
    const { versions } = this.#deps.catalogue.snapshot;
    return versions.find((candidate) => candidate.model === model && candidate.version === version);
  }

  #linksProblem(given: NewApplication): Failure | undefined {
    const links = given.links ?? [];
    const twice = firstRepeated(links.map(({ model }) => model));
    if (twice !== undefined) return badInput(["models", twice, "model"], "each model once", links[twice]?.model ?? "");
    for (const [i, link] of links.entries()) {
      const problem = weightProblem(["models", i, "weight"], link.weight) ?? this.#misfitOfLink(given, link);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  /** Why the application could not use the linked model as it is now. A model that is not known here is the store's to refuse. */
  #misfitOfLink(application: NewApplication, { model }: ApplicationLink): Failure | undefined {
    const current = this.#deps.catalogue.snapshot.models.find((candidate) => candidate.name === model);
    const version = current && this.#version(current.name, current.currentVersion);
    return version && misfit(application, version);
  }

  /** Why this version cannot become its model's current one: an application linked to the model could not use it. */
  #misfitOfCurrent(version: ModelVersion): Failure | undefined {
    for (const application of this.#deps.catalogue.snapshot.applications) {
      if (!application.links.some((link) => link.model === version.model)) continue;
      const problem = misfit(application, version);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  async #changed<T>(change: Promise<Stored<T>>): Promise<Stored<T>> {
    const stored = await change;
    // The change is committed, whatever becomes of the reading: told that it failed, the caller would make it again.
    if (stored.kind === "stored") await this.#deps.refresh().catch(() => undefined);
    return stored;
  }
}

function applicationProblem(given: NewApplication): Failure | undefined {
  return (
    nameProblem(["name"], given.name) ??
    reservedProblem(given.name) ??
    sloProblem(given.sloMs) ??
    bulkDeadlineProblem(given.sloMs, given.bulkDeadlineMs) ??
    tensorsProblem(["input"], given.input) ??
    outputProblem(given) ??
    (given.defaultOutput === undefined ? undefined : defaultProblem(given.output, given.defaultOutput)) ??
    learnsProblem(completeApplication(given), given.links)
  );
}

/** Why an application cannot learn so, as it would be. */
function learnsProblem(
  given: LearningPart & Pick<Application, "policy" | "output" | "input">,
  links: Application["links"] | undefined,
): Failure | undefined {
  const { policy, loss, output, input } = given;
  const tensor = "contextTensor" in policy ? policy.contextTensor : undefined;
  const spec = input.find(({ name }) => name === tensor);
  if (tensor !== undefined && (spec === undefined || spec.datatype === "BYTES")) {
    const numeric = input.filter(({ datatype }) => datatype !== "BYTES").map(({ name }) => name);
    const expected = `an input tensor of numbers (${numeric.join(", ") || "none"})`;
    return badInput(parameterPath(policy.kind, "contextTensor"), expected, tensor);
  }
  return policyProblem(policy, loss, output, links) ?? learningProblem(given);
}

function reservedProblem(name: string): Failure | undefined {
  if (!RESERVED.has(name)) return undefined;
  return badInput(["name"], `a name other than ${[...RESERVED].join(", ")}`, name);
}

function sloProblem(sloMs: number): Failure | undefined {
  return sloMs >= 1 && sloMs <= 600_000 ? undefined : badInput(["sloMs"], "1 to 600000 ms", String(sloMs));
}

function bulkDeadlineProblem(sloMs = 1, bulkDeadlineMs = sloMs): Failure | undefined {
  if (bulkDeadlineMs >= sloMs && bulkDeadlineMs <= 3_600_000) return undefined;
  return badInput(["bulkDeadlineMs"], `sloMs (${sloMs}) to 3600000 ms`, String(bulkDeadlineMs));
}

function weightProblem(path: readonly (string | number)[], weight: number): Failure | undefined {
  if (weight > 0 && weight <= MAX_WEIGHT) return undefined;
  return badInput(path, `a number above 0, at most ${MAX_WEIGHT}`, String(weight));
}

function endpointsProblem(endpoints: readonly string[]): Failure | undefined {
  const at = endpoints.findIndex((endpoint) => parseEndpoint(endpoint) === undefined);
  return at < 0 ? undefined : badInput(["endpoints", at], "host:port or unix:/path", endpoints[at] ?? "");
}

function signatureProblem(signature: Signature): Failure | undefined {
  const { inputs, outputs } = signature;
  return tensorsProblem(["signature", "inputs"], inputs) ?? tensorsProblem(["signature", "outputs"], outputs);
}

function tensorsProblem(path: readonly string[], tensors: readonly TensorSpec[]): Failure | undefined {
  if (tensors.length === 0) return badInput(path, "at least one tensor", "none");
  for (let i = 0; i < tensors.length; i++) {
    const spec = tensors[i] as TensorSpec;
    if (spec.name === "" || tensors.findIndex(({ name }) => name === spec.name) !== i) {
      return badInput([...path, i, "name"], "a name of its own", JSON.stringify(spec.name));
    }
    const fixed = spec.shape.every((dimension) => Number.isInteger(dimension) && dimension > 0);
    if (!fixed || elementCount(spec.shape) > MAX_ELEMENTS) {
      const expected = `fixed positive dimensions without the batch, at most ${MAX_ELEMENTS} elements`;
      return badInput([...path, i, "shape"], expected, describeTensor(spec));
    }
  }
  return undefined;
}

function outputProblem({ output }: NewApplication): Failure | undefined {
  if (output.kind === "LABEL") {
    const { labels } = output;
    if (labels.length < 2 || labels.length > MAX_LABELS) {
      return badInput(["output", "label", "labels"], `2 to ${MAX_LABELS} labels`, `${labels.length}`);
    }
    const twice = firstRepeated(labels);
    if (twice !== undefined) {
      return badInput(["output", "label", "labels", twice], "each label once", `"${labels[twice]}" twice`);
    }
  }
  if (output.kind === "VECTOR" && !(output.size >= 1 && output.size <= MAX_ELEMENTS)) {
    return badInput(["output", "vector", "size"], `1 to ${MAX_ELEMENTS}`, String(output.size));
  }
  return undefined;
}

/** Any label will do as a default, "unknown" for instance: it need not be one that a model can answer. */
function defaultProblem(output: OutputSpec | undefined, given: Output): Failure | undefined {
  // Of whatever application: JSON has no such numbers, and the registry could not be read any more.
  const problem = finiteProblem(given);
  if (problem !== undefined || output === undefined) return problem;
  if (given.kind !== output.kind) return badInput(["defaultOutput"], requestName(output.kind), requestName(given.kind));
  if (given.kind === "VECTOR" && output.kind === "VECTOR" && given.vector.length !== output.size) {
    return badInput(["defaultOutput", "vector"], `${output.size} numbers`, `${given.vector.length}`);
  }
  return undefined;
}

function finiteProblem(given: Output): Failure | undefined {
  if (given.kind === "NUMBER" && !Number.isFinite(given.number)) {
    return badInput(["defaultOutput", "number"], "a finite number", String(given.number));
  }
  const at = given.kind === "VECTOR" ? given.vector.findIndex((value) => !Number.isFinite(value)) : -1;
  if (given.kind !== "VECTOR" || at < 0) return undefined;
  return badInput(["defaultOutput", "vector", at], "a finite number", String(given.vector[at]));
}
