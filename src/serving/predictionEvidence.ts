import { packAnswer, packFloats } from "../correction/evidence.js";
import type { MemberEvidence, StoredEvidence } from "../correction/evidence.js";
import type { CombinedAnswer, MemberOutput, Prediction } from "../domain/prediction.js";

/** What can be learned from a prediction when its truth is known; undefined where no model answered. */
export function evidenceOf({ source, combined }: Prediction): StoredEvidence | undefined {
  if (combined === undefined) return undefined;
  const { agreement, members, choice, context, contextFrom } = combined;
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
    answer: answerBeside(combined, packed),
  };
}

/** What the only member said needs no second place. */
function answerBeside(
  { output, spec, members }: CombinedAnswer,
  packed: readonly MemberEvidence[],
): string | undefined {
  const [only, another] = members;
  const isAlone = only !== undefined && another === undefined;
  // Mostly, and without packing the same number once more.
  if (isAlone && output.kind === "NUMBER" && isOnly(output.number, only.output)) return undefined;
  const answer = packAnswer(spec, output);
  return isAlone && packed[0]?.values === answer ? undefined : answer;
}

function isOnly(number: number, said: MemberOutput): boolean {
  return said.kind === "NUMBERS" && said.numbers.length === 1 && said.numbers[0] === number;
}
