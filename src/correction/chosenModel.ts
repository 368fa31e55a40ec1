import type { OutputSpec } from "../domain/application.js";
import type { Random } from "../domain/ports.js";
import { combineVotes } from "./combine.js";
import type { Answered, Combined, PolicyMember, Selection } from "./correctionPolicy.js";

/** What the policies that ask one model have in common, however they come to its probability. */

/** Draws the model to ask. `propensities`: one for each member; what is drawn from is what is recorded. */
export function chooseOne(members: readonly PolicyMember[], propensities: Float64Array, random: Random): Selection {
  const drawn = draw(propensities, random);
  const { model } = members[drawn] as PolicyMember;
  const choice = { arm: model, propensity: propensities[drawn] as number, arms: members.length };
  return { models: [model], choice };
}

/** Its answer as it is. */
export function answerOfChosen(output: OutputSpec, { choice }: Selection, answered: readonly Answered[]): Combined {
  const outputs = answered.map((each) => each.output);
  const weights = new Float64Array(outputs.length).fill(1);
  const combination = output.kind === "LABEL" ? "SCORES" : "MEAN";
  return { choice, ...combineVotes(output, combination, { outputs, weights, missingWeight: 0 }) };
}

export function hasAnswered({ models }: Selection, answered: readonly Answered[]): boolean {
  return answered.length === models.length;
}

export function byModel(members: readonly PolicyMember[], values: Float64Array): ReadonlyMap<string, number> {
  return new Map(members.map(({ model }, i) => [model, values[i] as number]));
}

export function isPropensity(value: number): boolean {
  return value > 0 && value <= 1;
}

/** An index, drawn with these probabilities; never one of probability 0. */
export function draw(probabilities: Float64Array, random: Random): number {
  let total = 0;
  for (const probability of probabilities) total += probability;
  let left = random() * total;
  let drawn = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const probability = probabilities[i] as number;
    if (probability === 0) continue;
    drawn = i;
    left -= probability;
    if (left < 0) break;
  }
  return drawn;
}
