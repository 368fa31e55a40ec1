import type { PolicyMember } from "./correctionPolicy.js";

/** A model is new until its loss was told so many times. */
const NEW_UNTIL = 20;
/** The least propensity of a new model, and of all new ones together. */
const NEW_SHARE = 0.1;
const ALL_NEW_SHARE = 0.5;

/**
 * Mixes `epsilon` of an even choice, and an extra chance for each new model, into probabilities, in place. It is a chance
 * and no fixed round of turns, since feedback may come late or never: until it comes, the new model has a tenth of the
 * queries, not all of them, and the propensities stay what they are said to be. `observationsOf`: how often its loss was
 * told, what an entity has inherited included; 0 for a model that is not known.
 */
export function explore(
  probabilities: Float64Array,
  known: { readonly observationsOf: (model: string) => number },
  members: readonly PolicyMember[],
  epsilon: number,
): Float64Array {
  const isNew = members.map(({ model }) => known.observationsOf(model) < NEW_UNTIL);
  const news = isNew.filter(Boolean).length;
  const extra = news === 0 ? 0 : Math.min(NEW_SHARE, ALL_NEW_SHARE / news, (1 - epsilon) / news);
  const rest = 1 - epsilon - extra * news;
  for (let i = 0; i < probabilities.length; i++) {
    const even = epsilon / members.length + (isNew[i] === true ? extra : 0);
    probabilities[i] = Math.min(1, rest * (probabilities[i] as number) + even);
  }
  return probabilities;
}
