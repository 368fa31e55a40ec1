import { ByteReader, ByteWriter } from "../lib/byteCursor.js";
import type { LinearPrior } from "./linearPrior.js";
import type { RidgeState } from "./ridge.js";
import { MAX_SIZE, MAX_TARGETS, readNumbers, readRidge, writeRidge } from "./ridgeCodec.js";

/** What `linear` has learned of an entity or the population. */
export interface LinearState {
  /** Whose outputs stand in the features, in their order; empty over a feature model. */
  models: string[];
  /** Undefined before the first observation, whose features say how many there are. */
  ridge: RidgeState | undefined;
  /** Of the population: what entities are born with, where a prior was adopted. */
  entityPrior: LinearPrior | undefined;
}

const LAYOUT = 1;

export function encodeLinear({ models, ridge, entityPrior }: LinearState): Uint8Array {
  const to = new ByteWriter().uint8(LAYOUT);
  writeTexts(to, models);
  to.uint8(ridge === undefined ? 0 : 1);
  if (ridge !== undefined) writeRidge(to, ridge);
  to.uint8(entityPrior === undefined ? 0 : 1);
  if (entityPrior !== undefined) writePrior(to, entityPrior);
  return to.take();
}

export function decodeLinear(bytes: Uint8Array): LinearState {
  const from = new ByteReader(bytes);
  const layout = from.uint8();
  if (layout !== LAYOUT) throw new RangeError(`state of \`linear\` with layout ${layout}, expected ${LAYOUT}`);
  const models = readTexts(from);
  const ridge = readFlag(from) ? readRidge(from) : undefined;
  const entityPrior = readFlag(from) ? readPrior(from) : undefined;
  from.end();
  return { models, ridge, entityPrior };
}

function writePrior(to: ByteWriter, { models, entities, mean, precision }: LinearPrior): void {
  writeTexts(to, models);
  to.float64(entities)
    .uint16(mean.length / precision.length)
    .uint16(precision.length);
  to.float64s(mean).float64s(precision);
}

function readPrior(from: ByteReader): LinearPrior {
  const models = readTexts(from);
  const entities = from.count64();
  const targets = from.uint16();
  const size = from.uint16();
  if (targets > MAX_TARGETS || size > MAX_SIZE) throw new RangeError(`prior of ${targets} targets, ${size} features`);
  return { models, entities, mean: readNumbers(from, targets * size), precision: readNumbers(from, size) };
}

function readFlag(from: ByteReader): boolean {
  const flag = from.uint8();
  if (flag > 1) throw new RangeError(`expected 0 or 1, got ${flag}`);
  return flag === 1;
}

export function writeTexts(to: ByteWriter, texts: readonly string[]): void {
  to.uint16(texts.length);
  for (const text of texts) to.text(text);
}

export function readTexts(from: ByteReader): string[] {
  const count = from.uint16();
  if (count > MAX_SIZE) throw new RangeError(`state of ${count} models: at most ${MAX_SIZE}`);
  return Array.from({ length: count }, () => from.text());
}
