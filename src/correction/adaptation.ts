import type { AdaptationState } from "../domain/learningPorts.js";
import { ByteReader, ByteWriter } from "../lib/byteCursor.js";
import type { Change } from "./folding.js";
import { EntityTurns } from "./entityTurns.js";

/** Losses that are judged together. */
const BLOCK = 200;
/** Blocks in a row that say the same before it is believed: one alone may be chance. */
const BLOCKS_IN_A_ROW = 2;
/** Of the way from the loss before the change to the one at it: what stays above has not been learned away. */
const HIGH_SHARE = 1 / 3;
/** Of the loss before the change: what stays below this is not worth a retraining. */
const LEAST_RATIO = 1.5;
/**
 * Observations since the change from which on every answer is judged: where entities come a few times each, hardly any
 * has its examples, and what answers them is the population, which has had all of these.
 */
const ALL_JUDGED_AFTER = 5_000;

/** A change of that state that is to be told. */
export interface Adapted {
  readonly adaptation: "STALLED" | "STEADY";
  /** Mean loss before answers became worse, when they had, and of the losses that were judged last. */
  readonly meanBefore: number;
  readonly meanAtChange: number;
  readonly meanNow: number;
  /** Answers since they last became worse. */
  readonly observations: number;
}

/** From when answers became worse until the loss is back. */
interface Episode {
  readonly meanBefore: number;
  meanAtChange: number;
  observations: number;
  turns: EntityTurns;
  /** Of the block that is being filled. */
  count: number;
  total: number;
  /** Whether the last block was too high, and how many in a row were alike. */
  isHigh: boolean;
  alike: number;
  isStalled: boolean;
}

/**
 * Whether learning online makes up for a change. After the drift detector found a higher mean loss, answers to entities
 * that have had 20 examples since are judged, 200 together. Two such blocks in a row whose mean loss is above a third of
 * what the change added (and above one and a half times the loss before): learning has stalled, since the features, or
 * the models, do not hold what has changed (Velox: error 0.289 at 30 examples where retraining has 0.110). Two in a row
 * below: what was lost is back.
 * For one application's answers. Takes no memory and no time while nothing has changed.
 */
export class Adaptation {
  #episode: Episode | undefined;

  get state(): AdaptationState {
    if (this.#episode === undefined) return "STEADY";
    return this.#episode.isStalled ? "STALLED" : "ADAPTING";
  }

  /**
   * `loss` is of an answer from before its truth was learned; `change`: what the detector found with it, if it fired.
   * `entity`: who has learned from it beside all; undefined: the population alone.
   */
  update(loss: number, entity: string | undefined, change: Change | undefined): Adapted | undefined {
    if (change !== undefined && change.meanAfter > change.meanBefore) this.#worsened(change);
    const episode = this.#episode;
    if (episode === undefined || !Number.isFinite(loss)) return undefined;
    episode.observations += 1;
    const hasExamples = episode.turns.next(entity ?? "");
    if (!hasExamples && episode.observations <= ALL_JUDGED_AFTER) return undefined;
    episode.count += 1;
    episode.total += loss;
    return episode.count < BLOCK ? undefined : this.#judge(episode);
  }

  /** What it is compared with stays the loss from before the first change; who answers has to learn again, though. */
  #worsened({ meanBefore, meanAfter }: Change): void {
    const { meanBefore: first, meanAtChange: worst, isStalled } = this.#episode ?? NONE;
    this.#episode = {
      ...{ meanBefore: Math.min(first, meanBefore), meanAtChange: Math.max(worst, meanAfter), isStalled },
      ...{ observations: 0, turns: new EntityTurns(), count: 0, total: 0, isHigh: false, alike: 0 },
    };
  }

  #judge(episode: Episode): Adapted | undefined {
    const { meanBefore, meanAtChange, observations, isStalled } = episode;
    const meanNow = episode.total / episode.count;
    const told = { meanBefore, meanAtChange, meanNow, observations };
    episode.count = episode.total = 0;
    const limit = Math.max(meanBefore + HIGH_SHARE * (meanAtChange - meanBefore), LEAST_RATIO * meanBefore);
    const isHigh = meanNow > limit;
    episode.alike = isHigh === episode.isHigh ? Math.min(BLOCKS_IN_A_ROW, episode.alike + 1) : 1;
    episode.isHigh = isHigh;
    if (episode.alike < BLOCKS_IN_A_ROW) return undefined;
    if (!isHigh) {
      this.#episode = undefined;
      return isStalled ? { adaptation: "STEADY", ...told } : undefined;
    }
    if (isStalled) return undefined;
    episode.isStalled = true;
    return { adaptation: "STALLED", ...told };
  }

  encode(): Uint8Array {
    const to = new ByteWriter().uint8(this.#episode === undefined ? 0 : 1);
    if (this.#episode === undefined) return to.take();
    const { meanBefore, meanAtChange, observations, turns, count, total, isHigh, alike, isStalled } = this.#episode;
    to.float64(meanBefore).float64(meanAtChange).float64(observations).uint8(count).float64(total);
    return to
      .uint8(isHigh ? 1 : 0)
      .uint8(alike)
      .uint8(isStalled ? 1 : 0)
      .bytes(turns.encode())
      .take();
  }

  /** Throws on bytes that `encode` has not made. */
  static decode(bytes: Uint8Array): Adaptation {
    const from = new ByteReader(bytes);
    const adaptation = new Adaptation();
    if (from.uint8() === 1) {
      adaptation.#episode = {
        meanBefore: from.finite64(),
        meanAtChange: from.finite64(),
        observations: from.count64(),
        count: from.uint8(),
        total: from.finite64(),
        isHigh: from.uint8() === 1,
        alike: from.uint8(),
        isStalled: from.uint8() === 1,
        turns: EntityTurns.read(from),
      };
    }
    from.end();
    return adaptation;
  }
}

const NONE = { meanBefore: Infinity, meanAtChange: -Infinity, isStalled: false };
