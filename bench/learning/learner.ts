import type { Output, OutputSpec } from "../../src/domain/application.js";
import type { LossSpec, PolicySpec } from "../../src/domain/policySpec.js";
import type { MemberOutput } from "../../src/domain/prediction.js";
import type { Random } from "../../src/domain/ports.js";
import type { Truth } from "../../src/domain/storePorts.js";
import type { Answered, Combined, PolicyMember, Selection } from "../../src/correction/correctionPolicy.js";
import type { LearnedPolicy } from "../../src/correction/erasedPolicy.js";
import type { Folding, Lesson } from "../../src/correction/folding.js";
import { newFolding } from "../../src/correction/learnedState.js";
import type { LearnedState } from "../../src/correction/learnedState.js";
import { newPolicy } from "../../src/correction/newPolicy.js";

export interface LearnerOptions {
  readonly policy: PolicySpec;
  readonly output: OutputSpec;
  readonly loss: LossSpec;
  /** Linked models; the feature model alone where that is all. */
  readonly models: readonly string[];
  readonly random: Random;
}

/** One answer, with all that is needed to learn from it. */
export interface Answer extends Combined {
  readonly selection: Selection;
  readonly answered: readonly Answered[];
  readonly context: Float64Array | undefined;
  /** Whom it was for; absent: nobody in particular. */
  readonly entity?: string;
}

/**
 * An application's learning as the server does it, without the network and the database around it: the policy selects
 * and combines, the folding learns.
 */
export class Learner {
  readonly policy: LearnedPolicy;
  readonly folding: Folding<LearnedState>;
  readonly members: readonly PolicyMember[];
  readonly #output: OutputSpec;
  readonly #random: Random;

  constructor({ policy, output, loss, models, random }: LearnerOptions) {
    this.policy = newPolicy({ policy, loss, output });
    this.folding = newFolding({ policy, loss, output });
    this.members = models.map((model) => ({ model, weight: 1 }));
    this.#output = output;
    this.#random = random;
  }

  /** `outputOf` is asked for the models that the policy selects. */
  answer({ policy: state }: LearnedState, outputOf: (model: string) => MemberOutput, context?: Float64Array): Answer {
    const selection = this.policy.select(state, this.members, context, this.#random);
    const answered = selection.models.map((model) => ({ model, output: outputOf(model) }));
    const combined = this.policy.combine(state, this.members, selection, answered, context, this.#random);
    return { ...combined, selection, answered, context };
  }

  /** Into one state, or into several that learn from the same observation. */
  learn(answer: Answer, truth: Truth, ...states: readonly LearnedState[]): void {
    const lesson = this.#lesson(answer, truth);
    for (const state of states) this.folding.observe(state, lesson);
  }

  #lesson({ answered, selection, choice, context, output, agreement, entity }: Answer, truth: Truth): Lesson {
    return {
      entity,
      evidence: { answered, choice: choice ?? selection.choice, context },
      answer: { output: memberOutput(this.#output, output), agreement },
      truth,
    };
  }
}

/** In the terms that evidence is kept in: of an answered label that is not the best of its scores, that label's alone. */
function memberOutput(spec: OutputSpec, output: Output): MemberOutput {
  if (output.kind === "NUMBER") return { kind: "NUMBERS", numbers: Float64Array.of(output.number) };
  if (output.kind === "VECTOR") return { kind: "NUMBERS", numbers: Float64Array.from(output.vector) };
  const labels = spec.kind === "LABEL" ? spec.labels : [];
  const ranked = output.scores ?? [];
  const scores = new Float64Array(labels.length);
  if (ranked[0]?.label !== output.label) scores[labels.indexOf(output.label)] = 1;
  else for (const { label, score } of ranked) scores[labels.indexOf(label)] = score;
  return { kind: "SCORES", scores };
}
