import { registerEnumType } from "type-graphql";

export enum AdaptationStateEnum {
  STEADY = "STEADY",
  ADAPTING = "ADAPTING",
  STALLED = "STALLED",
}
registerEnumType(AdaptationStateEnum, {
  name: "AdaptationState",
  description: "Whether an application learns away what made its answers worse.",
  valuesConfig: {
    STEADY: { description: "Answers have not become worse, or most of what was lost is back." },
    ADAPTING: { description: "Answers became worse, and it is too early to say whether feedback makes up for it." },
    STALLED: {
      description:
        "They stay worse although entities have had their examples: the models, or their features, do not hold what has changed. Time to train again.",
    },
  },
});
