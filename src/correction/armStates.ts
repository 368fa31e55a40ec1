import { ByteReader, ByteWriter } from "../lib/byteCursor.js";
import { MAX_MODELS } from "./modelTable.js";
import { newRidge, predict, varianceOf, weightsOf } from "./ridge.js";
import type { RidgeState } from "./ridge.js";
import { readRidge, unencodedRidgeBytes, writeRidge } from "./ridgeCodec.js";

/** The regression of one model's loss on the context. */
export interface Arm {
  readonly ridge: RidgeState;
  /** Times that its loss was told, those inherited from the population included. */
  observations: number;
  /** Time of its last observation. */
  last: number;
}

/** What a contextual policy has learned of each model. */
export interface ArmStates {
  /** In the order in which observations first named them. */
  readonly arms: Map<string, Arm>;
  /** Observations folded, those that count as inherited included. */
  time: number;
}

/** A model's loss as it is expected in a context. */
export interface ArmEstimate {
  readonly loss: number;
  /** Of the expectation, in units of the noise's. */
  readonly variance: number;
}

/** What is expected of a model without any evidence: losses are from 0 to 1. */
const MIDDLE_LOSS = 0.5;
/** Of the prior around the others' mean: losses have a variance of 1/4 at most, so this is a wide one. */
const PRECISION = 1;

/** What an arm takes in memory beside its regression, as measured. */
const ARM_BYTES = 600;

const LAYOUT = 2;
/** As it was before inherited observations were counted. */
const LAYOUT_OF_OWN = 1;

export function newArms(): ArmStates {
  return { arms: new Map(), time: 0 };
}

/** Of the context that the arms know: undefined before the first observation. */
export function sizeOf({ arms }: ArmStates): number | undefined {
  for (const { ridge } of arms.values()) return ridge.size;
  return undefined;
}

export function unencodedArmsBytes({ arms }: ArmStates): number {
  let bytes = 0;
  for (const { ridge } of arms.values()) bytes += ARM_BYTES + unencodedRidgeBytes(ridge);
  return bytes;
}

export function estimate(states: ArmStates, model: string, features: Float64Array): ArmEstimate {
  const ridge = states.arms.get(model)?.ridge ?? unknownArm(states, features.length);
  return { loss: predict(ridge, features, 0), variance: varianceOf(ridge, features) };
}

/** What is not known yet is taken for the mean of the others. */
function unknownArm({ arms }: ArmStates, size: number): RidgeState {
  const mean = new Float64Array(size);
  mean[0] = arms.size === 0 ? MIDDLE_LOSS : 0;
  for (const { ridge } of arms.values()) {
    const weights = weightsOf(ridge);
    for (let i = 0; i < size; i++) mean[i] = (mean[i] as number) + (weights[i] as number) / arms.size;
  }
  return newRidge(1, { mean, precision: new Float64Array(size).fill(PRECISION) });
}

/** The arm that learns; where there are too many, in place of the one that was observed longest ago. */
export function armOf(states: ArmStates, model: string, size: number): Arm {
  const known = states.arms.get(model);
  if (known !== undefined) return known;
  const arm = { ridge: unknownArm(states, size), observations: 0, last: states.time };
  if (states.arms.size >= MAX_MODELS) states.arms.delete(stalest(states.arms));
  states.arms.set(model, arm);
  return arm;
}

function stalest(arms: ReadonlyMap<string, Arm>): string {
  let name = "";
  let last = Infinity;
  for (const [model, arm] of arms) {
    if (arm.last >= last) continue;
    name = model;
    last = arm.last;
  }
  return name;
}

/** Each arm begins at the population's weights, with little confidence in them. */
export function inheritArms(population: ArmStates, mostTime: number): ArmStates {
  const arms = new Map<string, Arm>();
  for (const [model, { ridge, observations }] of population.arms) {
    const precision = new Float64Array(ridge.size).fill(PRECISION);
    arms.set(model, { ridge: newRidge(1, { mean: weightsOf(ridge), precision }), observations, last: 0 });
  }
  return { arms, time: Math.min(population.time, mostTime) };
}

export function encodeArms({ arms, time }: ArmStates, code: number): Uint8Array {
  const to = new ByteWriter().uint8(LAYOUT).uint8(code).float64(time).uint16(arms.size);
  for (const [model, { ridge, observations, last }] of arms) {
    to.text(model).float64(observations).float64(last);
    writeRidge(to, ridge);
  }
  return to.take();
}

/** Throws on bytes that `encodeArms` has not made for this code. */
export function decodeArms(bytes: Uint8Array, code: number): ArmStates {
  const from = new ByteReader(bytes);
  const head = [from.uint8(), from.uint8()];
  if ((head[0] !== LAYOUT && head[0] !== LAYOUT_OF_OWN) || head[1] !== code) {
    throw new RangeError(`state with layout and policy ${head.join(", ")}, expected ${LAYOUT}, ${code}`);
  }
  const states = { arms: new Map<string, Arm>(), time: from.count64() };
  const count = from.uint16();
  if (count > MAX_MODELS) throw new RangeError(`state of ${count} models: at most ${MAX_MODELS} are kept`);
  for (let i = 0; i < count; i++) readArm(from, states, head[0]);
  from.end();
  return states;
}

function readArm(from: ByteReader, states: ArmStates, layout: number): void {
  const model = from.text();
  if (states.arms.has(model)) throw new RangeError(`state with two regressions for model ${model}`);
  const observations = layout === LAYOUT ? from.count64() : undefined;
  const last = from.count64();
  const ridge = readRidge(from);
  if (ridge.targets !== 1 || ridge.size !== (sizeOf(states) ?? ridge.size)) {
    throw new RangeError(`state of regressions of ${ridge.targets} targets and unequal sizes`);
  }
  states.arms.set(model, { ridge, observations: observations ?? ridge.observations, last });
}
