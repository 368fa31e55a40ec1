import type { PolicyMember } from "./correctionPolicy.js";
import { normalise } from "./exponentialWeights.js";
import type { WeightRule } from "./votingPolicy.js";

/** The weights of the links: what the operator believes, whatever happens. */
export const linkWeights: WeightRule = {
  kind: "static",
  shape: { code: 1, columns: 0, scalars: 0 },
  weights(_table, members: readonly PolicyMember[]): Float64Array {
    const largest = Math.max(...members.map(({ weight }) => weight));
    // In units of the largest, since a sum of the largest doubles overflows.
    return normalise(Float64Array.from(members, ({ weight }) => weight / largest));
  },
};

/** One model, one vote. */
export const equalWeights: WeightRule = {
  kind: "majority",
  shape: { code: 2, columns: 0, scalars: 0 },
  weights(_table, members: readonly PolicyMember[]): Float64Array {
    return new Float64Array(members.length).fill(1 / members.length);
  },
};
