import type { Random } from "../../src/domain/ports.js";
import type { TruthInput } from "../generated/graphql.js";

/** What the stubs of membersWrapper.ts say of an item, and what is true of it. */

export const LABELS = ["ant", "bee", "cat", "dog"] as const;
export const VOTERS = ["voter-1", "voter-2", "voter-3"] as const;
/** Widths of the feature models. */
export const FEATURES = [8, 64] as const;

type Seeded = (seed: number) => Random;

export function labelOf(item: number): (typeof LABELS)[number] {
  return LABELS[item % LABELS.length] as (typeof LABELS)[number];
}

/** The first voter is right nine times in ten, each later one a fifth less often. */
export function scoresOf(voter: number, item: number, seeded: Seeded): Float32Array {
  const random = seeded(item * VOTERS.length + voter);
  const isRight = random() < 0.9 - 0.2 * voter;
  const best = isRight ? item % LABELS.length : Math.floor(random() * LABELS.length);
  return Float32Array.from(LABELS, (_, label) => (label === best ? 0.7 : 0.1));
}

export function featuresOf(size: number, item: number, seeded: Seeded): Float32Array {
  const random = seeded(item);
  return Float32Array.from({ length: size }, () => 2 * random() - 1);
}

/** A line through the features, and noise: there is something to learn, and the state never stands still. */
export function truthOf(kind: "LABEL" | "NUMBER", size: number, item: number, seeded: Seeded): TruthInput {
  if (kind === "LABEL") return { label: labelOf(item) };
  const features = featuresOf(size, item, seeded);
  const line = features.reduce((sum, value, i) => sum + value * (i % 3), 0);
  return { number: line + 0.1 * seeded(-1 - item)() };
}
