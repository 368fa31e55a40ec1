import type { AnswerFeed } from "./answerFeed.js";
import { OperationalEvents } from "./operationalEvents.js";
import type { EventSources } from "./operationalEvents.js";
import { PolicySamples } from "./policySamples.js";
import type { PolicyFiguresOf } from "./policySamples.js";

export interface LiveFeedsOptions extends EventSources {
  readonly answers: AnswerFeed;
  readonly policyFigures: PolicyFiguresOf;
  /** The same for the same entity of the application, and tells nobody which. */
  readonly hashOfEntity: (application: string, entity: string) => string;
}

/** What dashboards follow beside metrics. */
export class LiveFeeds {
  readonly answers: AnswerFeed;
  readonly policies: PolicySamples;
  readonly events: OperationalEvents;
  readonly hashOfEntity: LiveFeedsOptions["hashOfEntity"];

  constructor(options: LiveFeedsOptions) {
    this.answers = options.answers;
    this.policies = new PolicySamples(options.clock, options.policyFigures);
    this.events = new OperationalEvents(options);
    this.hashOfEntity = options.hashOfEntity;
  }

  /** All who follow come to an end. */
  stop(): void {
    this.answers.stop();
    this.policies.stop();
    this.events.stop();
  }
}
