import type { ApplicationLink, Output, OutputSpec } from "../domain/application.js";
import type { Combined, CorrectionPolicy, Selected, Vote } from "./policy.js";

/** All linked models, always, with the weights of their links: a weighted vote that learns nothing. */
export const staticPolicy: CorrectionPolicy = {
  select(links: readonly ApplicationLink[]): readonly Selected[] {
    return links.map((link, member) => ({ member, weight: link.weight, propensity: 1 }));
  },

  combine(spec: OutputSpec, votes: readonly Vote[], missingWeight: number): Combined {
    const present = votes.reduce((sum, vote) => sum + vote.weight, 0);
    const presentShare = present / (present + missingWeight);
    const mean = weightedMean(votes, present);
    if (spec.kind === "LABEL") return combineLabels(spec.labels, mean, presentShare);
    return { output: numericOutput(spec, mean), confidence: presentShare * agreement(votes, mean) };
  },
};

/** Mean of the members' scores or numbers, renormalised over those present. */
function weightedMean(votes: readonly Vote[], totalWeight: number): Float64Array {
  const first = valuesOf(votes[0] as Vote);
  const mean = new Float64Array(first.length);
  for (const vote of votes) {
    const values = valuesOf(vote);
    const share = vote.weight / totalWeight;
    for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] as number) + share * (values[i] as number);
  }
  return mean;
}

function valuesOf(vote: Vote): Float64Array {
  return vote.output.kind === "SCORES" ? vote.output.scores : vote.output.numbers;
}

/** Ties go to the label named first in the application. Confidence: the share of all votes that agree. */
function combineLabels(labels: readonly string[], scores: Float64Array, presentShare: number): Combined {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if ((scores[i] as number) > (scores[best] as number)) best = i;
  const ranked = labels.map((label, i) => ({ label, score: scores[i] as number })).sort((a, b) => b.score - a.score);
  return {
    output: { kind: "LABEL", label: labels[best] as string, scores: ranked },
    confidence: Math.min(1, Math.max(0, (scores[best] as number) * presentShare)),
  };
}

function numericOutput(spec: OutputSpec, mean: Float64Array): Output {
  if (spec.kind === "NUMBER") return { kind: "NUMBER", number: mean[0] as number };
  return { kind: "VECTOR", vector: mean };
}

/** 1 when all members say the same, falling with their spread relative to the size of the answer. */
function agreement(votes: readonly Vote[], mean: Float64Array): number {
  if (votes.length === 1) return 1;
  // In units of the largest value, since sums of numbers near 1e308 overflow.
  let unit = 0;
  for (const vote of votes) for (const value of valuesOf(vote)) unit = Math.max(unit, Math.abs(value));
  let spread = 0;
  let size = 0;
  for (const vote of votes) {
    const values = valuesOf(vote);
    for (let i = 0; i < mean.length; i++) {
      spread += Math.abs((values[i] as number) / unit - (mean[i] as number) / unit);
      size += Math.abs((mean[i] as number) / unit);
    }
  }
  return unit === 0 || spread === 0 ? 1 : size / (size + spread);
}
