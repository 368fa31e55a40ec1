import { packAnswer, packFloats } from "../correction/evidence.js";
import type { StoredEvidence } from "../correction/evidence.js";
import type { Prediction } from "../domain/prediction.js";

/** What can be learned from a prediction when its truth is known; undefined where no model answered. */
export function evidenceOf({ source, combined }: Prediction): StoredEvidence | undefined {
  if (combined === undefined) return undefined;
  const { output, spec, agreement, members, choice, context } = combined;
  return {
    source,
    members: members.map(({ model, version, output: member }) => ({
      model,
      version,
      values: packFloats(member.kind === "SCORES" ? member.scores : member.numbers),
    })),
    choice: choice && [choice.arm, choice.propensity, choice.arms],
    context: context && packFloats(context),
    agreement,
    answer: packAnswer(spec, output),
  };
}
