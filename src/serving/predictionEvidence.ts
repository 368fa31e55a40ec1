import { packAnswer, packFloats } from "../correction/evidence.js";
import type { StoredEvidence } from "../correction/evidence.js";
import type { Prediction } from "../domain/prediction.js";

/** What can be learned from a prediction when its truth is known; undefined where no model answered. */
export function evidenceOf({ source, combined }: Prediction): StoredEvidence | undefined {
  if (combined === undefined) return undefined;
  const { output, spec, agreement, members, choice, context, contextFrom } = combined;
  const answer = packAnswer(spec, output);
  const packed = members.map(({ model, version, output: member }) => ({
    model,
    version,
    values: packFloats(member.kind === "SCORES" ? member.scores : member.numbers),
  }));
  return {
    source,
    members: packed,
    choice: choice && [choice.arm, choice.propensity, choice.arms],
    context: context && packFloats(context),
    contextFrom: context && contextFrom,
    agreement,
    // What the only member said needs no second place.
    answer: packed.length === 1 && packed[0]?.values === answer ? undefined : answer,
  };
}
