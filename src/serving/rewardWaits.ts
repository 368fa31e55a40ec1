import type { StoredEvidence } from "../correction/evidence.js";
import { isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { messageOf } from "../domain/messageOf.js";
import type { Cancel, Clock } from "../domain/ports.js";
import type { LoggedPrediction, WaitingPredictions } from "../domain/predictionLogPorts.js";
import { DEFAULT_REWARD_KEY } from "../domain/rewardRules.js";
import type { RewardRule } from "../domain/rewardRules.js";
import type { NewObservation, ObservationStore, StoredObservation } from "../domain/storePorts.js";
import type { ServedApplication } from "./catalogue.js";
import { learners } from "./learners.js";
import { rewardRule } from "./rewardRule.js";

export interface RewardWaitsOptions {
  readonly clock: Clock;
  readonly waiting: WaitingPredictions;
  readonly observations: ObservationStore;
  readonly applications: () => readonly ServedApplication[];
  /** There is no room for work that nobody waits for. */
  readonly isPressed: () => boolean;
  /** Called for each default reward that was counted here. */
  readonly countedDefault: (application: string) => void;
  readonly warn: (message: string) => void;
}

/** Counted together; between two batches the log is left to others for as long as one took. */
const BATCH_ROWS = 100;
/** For what other servers have left, and rules that have changed. */
const HEARTBEAT_MS = 10_000;
const RETRY_MS = 1_000;
/** Between two rounds, however many waits end meanwhile. */
const LEAST_GAP_MS = 200;
/** By then a prediction has been written to its log. */
const WRITTEN_MS = 500;

/**
 * Counts predictions whose wait for rewards is over: what was told of them together, or the default. What waits is in the
 * database, so whichever server comes first does it, also after a restart; that it is counted once is decided under the
 * log's lock. IDLE: one alarm is set for the first wait that ends, at most a heartbeat away. RUNNING: a round goes through
 * the applications in batches; alarms that are asked for meanwhile are set at its end. After a failure the next round
 * begins a second later. STOPPED: the batch under way is finished, nothing else begins.
 */
export class RewardWaits {
  readonly #options: RewardWaitsOptions;
  #cancelAlarm: Cancel | undefined;
  #armedForMs = Infinity;
  #earliestMs = 0;
  #running: Promise<void> | undefined;
  #stopped = false;
  #failing = false;

  constructor(options: RewardWaitsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#arm(this.#options.clock.nowMs());
  }

  /** Resolves when what was under way has let go. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelAlarm?.();
    await this.#running;
  }

  /** A prediction of this application has begun to wait. Costs a comparison where an earlier wait is known of. */
  expect(rewardWaitMs: number): void {
    this.#arm(this.#options.clock.nowMs() + Math.max(rewardWaitMs, WRITTEN_MS));
  }

  #arm(atMs: number): void {
    if (this.#stopped || atMs >= this.#armedForMs) return;
    this.#armedForMs = atMs;
    if (this.#running !== undefined) return;
    this.#cancelAlarm?.();
    this.#cancelAlarm = this.#options.clock.at(Math.max(atMs, this.#earliestMs), () => {
      this.#armedForMs = Infinity;
      // Not before this is known to be running: nothing may arm another round meanwhile.
      this.#running = Promise.resolve()
        .then(() => this.#round())
        .finally(() => this.#ended());
    });
  }

  #ended(): void {
    this.#running = undefined;
    const atMs = this.#armedForMs;
    this.#armedForMs = Infinity;
    this.#earliestMs = this.#options.clock.nowMs() + LEAST_GAP_MS;
    this.#arm(atMs);
  }

  async #round(): Promise<void> {
    const { clock, applications, isPressed, warn } = this.#options;
    this.#arm(clock.nowMs() + HEARTBEAT_MS);
    if (isPressed()) return this.#arm(clock.nowMs() + RETRY_MS);
    try {
      for (const served of applications()) await this.#settleAll(served);
      // What was predicted meanwhile comes to its log a moment later too.
      if (this.#failing) this.#arm(clock.nowMs() + 2 * RETRY_MS);
      this.#failing = false;
    } catch (error) {
      const why = messageOf(error);
      if (!this.#failing) warn(`rewards whose wait is over are counted later: ${why}`);
      this.#failing = true;
      this.#arm(clock.nowMs() + RETRY_MS);
    }
  }

  async #settleAll(served: ServedApplication): Promise<void> {
    const rule = rewardRule(served.application);
    if (rule === undefined) return;
    const { clock, waiting } = this.#options;
    for (let more = true; more && !this.#stopped;) {
      const beganMs = clock.nowMs();
      // A rule that was taken back waits for nothing any more.
      const untilMs = clock.wallMs() - (rule.rewardWaitMs ?? 0);
      const range = { untilMs, limit: BATCH_ROWS };
      const settle = (due: readonly LoggedPrediction[]) => this.#settle(served, rule, due);
      const batch = await waiting.settle(served.application.name, range, settle);
      if (batch?.nextFromMs !== undefined) this.#arm(clock.nowMs() + Math.max(0, batch.nextFromMs - untilMs));
      more = batch?.due === BATCH_ROWS;
      if (more) await this.#pause(clock.nowMs() - beganMs);
    }
  }

  /** Gives the ids of those that wait no more. */
  async #settle(
    served: ServedApplication,
    rule: RewardRule,
    due: readonly LoggedPrediction[],
  ): Promise<readonly string[]> {
    const { observations, countedDefault, warn } = this.#options;
    const outcomes = await Promise.all(
      due.map((prediction) => observations.append(whenOver(served, rule, prediction))),
    );
    for (const outcome of outcomes) {
      if (isDefault(outcome)) countedDefault(served.application.name);
      else if (isFailure(outcome) && !isUnavailable(outcome) && outcome.code !== "NOT_FOUND") {
        warn(`a prediction of ${served.application.name} is not counted after its wait: ${outcome.message}`);
      }
    }
    const left = outcomes.find((outcome) => isFailure(outcome) && isUnavailable(outcome));
    const done = due.filter((_, index) => !isUnavailable(outcomes[index]));
    if (done.length === 0 && left !== undefined && isFailure(left)) throw new Error(left.message);
    return done.map(({ id }) => id);
  }

  #pause(ms: number): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => void clock.at(clock.nowMs() + ms, resolve));
  }
}

/** What it becomes, if anything, is decided under the log's lock. */
function whenOver(served: ServedApplication, rule: RewardRule, prediction: LoggedPrediction): NewObservation {
  const { application, id: receiptId, policyVersion, entity, predictedAtMs } = prediction;
  const evidence = (prediction.evidence ?? undefined) as StoredEvidence | undefined;
  return {
    ...{ application, receiptId, policyVersion, entity, predictedAtMs },
    evidence: evidence ?? null,
    key: DEFAULT_REWARD_KEY,
    truth: { kind: "REWARD", reward: rule.defaultReward ?? rule.min },
    learnedBy: learners(served, { policyVersion, evidence }),
    supersedes: undefined,
    counting: { kind: "WAIT_OVER", rule },
  };
}

function isDefault(outcome: StoredObservation | Failure): boolean {
  return !isFailure(outcome) && !outcome.duplicate && outcome.counted?.key === DEFAULT_REWARD_KEY;
}

/** The same may go through later; with any other failure it never will. */
function isUnavailable(outcome: StoredObservation | Failure | undefined): boolean {
  return (
    outcome !== undefined &&
    isFailure(outcome) &&
    (outcome.code === "STORE_UNAVAILABLE" || outcome.code === "OUTCOME_UNKNOWN")
  );
}
