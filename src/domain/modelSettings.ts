import { badInput } from "./failure.js";
import type { Failure } from "./failure.js";
import { isGivenInput } from "./givenInput.js";
import type { GivenInput } from "./givenInput.js";

/** How a model is batched and cached. Every server on the database follows a change at once. */
export interface ModelSettings {
  /** How the rows in a batch are chosen; FIXED always allows `maxBatchRows`. */
  readonly batchSizeController: BatchSizeControllerKind;
  /** Largest batch, whatever the controller. */
  readonly maxBatchRows: number;
  /** Bytes of inputs in the largest batch; a single larger row still goes alone. Infinity: what a message holds. */
  readonly maxBatchBytes: number;
  /** How long a free replica may wait for a fuller batch, in milliseconds; AUTO: whether waiting pays is learned. */
  readonly maxBatchDelayMs: number | "AUTO";
  /** How long before a batch is expected back the next may be sent, in milliseconds. 0: only when it is back. */
  readonly prefetchMs: number;
  /** Age at which an exact answer is forgotten, in milliseconds; Infinity: never. */
  readonly cacheTtlMs: number;
  /** APPLICATION: what one application asked is no hit for another, so that none can tell what others ask. */
  readonly cacheScope: CacheScopeKind;
  /** Share of approximate hits that may differ from the model's own answer; 0: no approximate hits. */
  readonly approximateErrorBudget: number;
  /** In what distance inputs are near; AUTO: the angle where four of five numbers are 0, as in bags of words, else L2. */
  readonly approximateDistance: ApproximateDistance;
  /** Outputs within so much of each other count as the same; Infinity: equal top class, or equal bytes. */
  readonly approximateTolerance: number;
  /** L2 distance within which a cached input's outputs are taken unproved, for feature models; 0: only the very input's. */
  readonly featureTolerance: number;
  /** What a new replica computes before queries reach it; none: recent inputs of the model, where there are any. */
  readonly warmUpInputs: readonly GivenInput[];
}

export const BATCH_SIZE_CONTROLLERS = ["AIMD", "QUANTILE", "MODEL", "FIXED"] as const;
export type BatchSizeControllerKind = (typeof BATCH_SIZE_CONTROLLERS)[number];
export const CACHE_SCOPES = ["MODEL", "APPLICATION"] as const;
export type CacheScopeKind = (typeof CACHE_SCOPES)[number];
export const APPROXIMATE_DISTANCES = ["AUTO", "ANGLE", "L2"] as const;
export type ApproximateDistance = (typeof APPROXIMATE_DISTANCES)[number];

export const DEFAULT_MODEL_SETTINGS: ModelSettings = {
  batchSizeController: "AIMD",
  maxBatchRows: 256,
  maxBatchBytes: Infinity,
  maxBatchDelayMs: 0,
  prefetchMs: 0,
  cacheTtlMs: Infinity,
  cacheScope: "MODEL",
  approximateErrorBudget: 0,
  approximateDistance: "AUTO",
  approximateTolerance: Infinity,
  featureTolerance: 0,
  warmUpInputs: [],
};

export type ModelSettingName = keyof ModelSettings;
/** What was chosen; what is absent is as a wider level says. */
export type ChosenModelSettings = { readonly [Name in ModelSettingName]?: ModelSettings[Name] };
/** A change of what was chosen: null takes a choice back, what is absent stays. */
export type ModelSettingsPatch = { readonly [Name in ModelSettingName]?: ModelSettings[Name] | null };

/** Whether a value can be the setting's, and what is expected of it in words. */
interface Rule {
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
}

export const MOST_BATCH_DELAY_MS = 1000;
const MOST_WARM_UP_INPUTS = 64;
/** As JSON: they are read with every change of the registry. */
const MOST_WARM_UP_CHARACTERS = 256 * 1024;

const RULES: Readonly<Record<ModelSettingName, Rule>> = {
  batchSizeController: oneOf(BATCH_SIZE_CONTROLLERS),
  maxBatchRows: numberRule("an integer from 1 to 65536", (n) => Number.isInteger(n) && n >= 1 && n <= 65536),
  maxBatchBytes: numberRule("an integer from 1 to 1073741824", (n) => Number.isInteger(n) && n >= 1 && n <= 2 ** 30),
  maxBatchDelayMs: {
    expected: `0 to ${MOST_BATCH_DELAY_MS} ms, or AUTO`,
    fits: (value) => value === "AUTO" || (typeof value === "number" && value >= 0 && value <= MOST_BATCH_DELAY_MS),
  },
  prefetchMs: numberRule("0 to 1000 ms", (n) => n >= 0 && n <= 1000),
  cacheTtlMs: numberRule("1 ms or more", (n) => n >= 1 && n < Infinity),
  cacheScope: oneOf(CACHE_SCOPES),
  approximateErrorBudget: numberRule("0 (off) to 0.5", (n) => n >= 0 && n <= 0.5),
  approximateDistance: oneOf(APPROXIMATE_DISTANCES),
  approximateTolerance: numberRule("0 or more", (n) => n >= 0 && n < Infinity),
  featureTolerance: numberRule("0 or more", (n) => n >= 0 && n < Infinity),
  warmUpInputs: {
    expected: `at most ${MOST_WARM_UP_INPUTS} inputs as predict takes them, ${MOST_WARM_UP_CHARACTERS} characters in all`,
    fits: (value) =>
      Array.isArray(value) &&
      value.length <= MOST_WARM_UP_INPUTS &&
      value.every(isGivenInput) &&
      JSON.stringify(value).length <= MOST_WARM_UP_CHARACTERS,
  },
};

export const MODEL_SETTING_NAMES = Object.keys(RULES) as ModelSettingName[];

function numberRule(expected: string, fits: (value: number) => boolean): Rule {
  return { expected, fits: (value) => typeof value === "number" && fits(value) };
}

function oneOf(choices: readonly string[]): Rule {
  return { expected: `one of ${choices.join(", ")}`, fits: (value) => choices.includes(value as string) };
}

/** What is wrong with the first setting that cannot be, named under `path`. Null and absence are always right. */
export function settingsProblem(given: object, path: readonly (string | number)[] = []): Failure | undefined {
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    if (!isSettingName(name)) return badInput([...path, name], `one of ${MODEL_SETTING_NAMES.join(", ")}`, name);
    const { expected, fits } = RULES[name];
    if (value === null || value === undefined || fits(value)) continue;
    return badInput([...path, name], expected, inWords(value));
  }
  return undefined;
}

function inWords(value: unknown): string {
  return typeof value === "number" ? String(value) : JSON.stringify(value).slice(0, 200);
}

function isSettingName(name: string): name is ModelSettingName {
  return (MODEL_SETTING_NAMES as readonly string[]).includes(name);
}

/** What was chosen at each level, the most specific last. */
export function resolveModelSettings(...levels: readonly ChosenModelSettings[]): ModelSettings {
  return Object.assign({}, DEFAULT_MODEL_SETTINGS, ...levels) as ModelSettings;
}

/** The choices after a change. */
export function patchModelSettings(chosen: ChosenModelSettings, patch: ModelSettingsPatch): ChosenModelSettings {
  const merged = Object.entries({ ...chosen, ...definedOf(patch) }).filter(([, value]) => value !== null);
  return Object.fromEntries(merged);
}

function definedOf(patch: ModelSettingsPatch): object {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}
