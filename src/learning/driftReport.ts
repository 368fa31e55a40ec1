import type { Adapted } from "../correction/adaptation.js";
import type { Drift, Finding } from "../correction/folding.js";
import { POPULATION } from "../domain/learningPorts.js";
import type { LogEvent, StateRef } from "../domain/learningPorts.js";

/** Entities named in one group at most; how many more there were is told in one event. */
const MAX_ENTITIES = 10;

/** The changes of mean losses that one group of observations brought to light, and what became of earlier ones, as events for the log. */
export class DriftReport {
  /** Of the answers as a whole and of models: at most one each, since a detector starts anew when it has fired. */
  readonly #general: LogEvent[] = [];
  readonly #entities: LogEvent[] = [];
  #entitiesLeftOut = 0;

  note(ref: StateRef, observationSeq: number, findings: readonly Finding[]): void {
    for (const finding of findings) {
      if ("adaptation" in finding) this.#general.push(adaptationEvent(ref, observationSeq, finding));
      else this.#add(ref, observationSeq, finding);
    }
  }

  events(): readonly LogEvent[] {
    if (this.#entitiesLeftOut === 0) return [...this.#general, ...this.#entities];
    const others: LogEvent = { kind: "DRIFT", content: { of: "ENTITIES", count: this.#entitiesLeftOut } };
    return [...this.#general, ...this.#entities, others];
  }

  #add({ policyVersion, entity }: StateRef, observationSeq: number, drift: Drift): void {
    const { detector, model, meanBefore, meanAfter } = drift;
    const found = { policyVersion, detector, meanLossBefore: meanBefore, meanLossAfter: meanAfter, observationSeq };
    if (entity === POPULATION) {
      const of = model === undefined ? { of: "APPLICATION" } : { of: "MODEL", model };
      this.#general.push({ kind: "DRIFT", content: { ...of, ...found } });
    } else if (this.#entities.length < MAX_ENTITIES) {
      this.#entities.push({ kind: "DRIFT", content: { of: "ENTITY", entity, ...found } });
    } else this.#entitiesLeftOut += 1;
  }
}

function adaptationEvent({ policyVersion }: StateRef, observationSeq: number, adapted: Adapted): LogEvent {
  const { adaptation: state, meanBefore, meanAtChange, meanNow, observations } = adapted;
  const losses = { meanLossBefore: meanBefore, meanLossAtChange: meanAtChange, meanLoss: meanNow };
  const remedy = state === "STALLED" ? { remedy: REMEDY } : {};
  return { kind: "ADAPTATION", content: { state, policyVersion, ...losses, observations, observationSeq, ...remedy } };
}

const REMEDY =
  "learning from feedback does not make up for the change: train the feature model, or the models, again on what was observed and make that version current";
