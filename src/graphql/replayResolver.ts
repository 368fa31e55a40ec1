import { Arg, Ctx, Float, ID, Int, Mutation, Query, Resolver } from "type-graphql";
import type { RequestContext } from "./context.js";
import { PolicyEvaluationResultUnion } from "./evaluationTypes.js";
import { LossInput, PolicyInput } from "./policyInputs.js";
import {
  fromBegunReplay,
  fromJudgement,
  fromPolicyReplay,
  toPolicyAndLoss,
  toReplayRequest,
} from "./replayConverters.js";
import { PolicyReplayResultUnion, ReplayPolicyInput } from "./replayTypes.js";

/** What the log would have taught another policy, and what that would have earned. */
@Resolver()
export class ReplayResolver {
  @Mutation(() => PolicyReplayResultUnion, {
    description:
      "Begins to fold the feedback log into a new version of the policy. Observations that come meanwhile are learned before it is complete; those after that, once it is current.",
  })
  async replayPolicy(
    @Arg("input", () => ReplayPolicyInput) input: ReplayPolicyInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    return fromBegunReplay(await services.replays.start(toReplayRequest(input)));
  }

  @Query(() => PolicyReplayResultUnion, { description: "How far a replay has come, on whichever server." })
  async policyReplay(
    @Arg("application", () => String) application: string,
    @Arg("version", () => Int) version: number,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    return fromPolicyReplay(await services.replays.replay(application, version));
  }

  @Query(() => PolicyEvaluationResultUnion, {
    description: "What another policy would have earned on what was observed. Reads the log; changes nothing.",
  })
  async policyEvaluation(
    @Arg("application", () => String) application: string,
    @Arg("policy", () => PolicyInput) policy: PolicyInput,
    @Arg("loss", () => LossInput, { nullable: true, description: "Absent: the application's." })
    loss: LossInput | undefined,
    @Arg("from", () => String, { nullable: true, description: "A date, or a time with its offset. Absent: all." })
    from: string | undefined,
    @Arg("until", () => String, { nullable: true, description: "Observed before it." }) until: string | undefined,
    @Arg("entity", () => ID, { nullable: true, description: "Judged by its observations alone. Absent: by all." })
    entity: string | undefined,
    @Arg("maxRows", () => Int, { defaultValue: 100_000, description: "1 to 200000." }) maxRows: number,
    @Arg("withinMs", () => Float, { defaultValue: 10_000, description: "1 to 60000; then what is read is judged." })
    withinMs: number,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const specs = toPolicyAndLoss(policy, loss);
    const times = { from: from ?? undefined, until: until ?? undefined, entity: entity ?? undefined };
    return fromJudgement(await services.evaluations.evaluate({ application, ...specs, ...times, maxRows, withinMs }));
  }
}
