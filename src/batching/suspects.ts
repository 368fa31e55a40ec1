import type { Row } from "../domain/tensor.js";
import { contentDigest } from "../lib/contentDigest.js";

/** Inputs of each kind that are remembered; the oldest make place. */
const CAPACITY = 1000;
const REMEMBERED_MS = 600_000;
/** So many replicas ended by an input that was alone with them, and it is refused. */
const ENDED_TO_QUARANTINE = 2;

interface Suspect {
  /** Replicas that ended with it alone. */
  ended: number;
  untilMs: number;
}

/**
 * Inputs that were with a replica when it ended, by content, for ten minutes each: such an input is run alone, and
 * refused once it was alone with two that ended. Empty as long as no replica ends, and then costs nothing.
 */
export class Suspects {
  /** Oldest first. */
  readonly #suspects = new Map<string, Suspect>();
  readonly #quarantined = new Map<string, Suspect>();

  get isEmpty(): boolean {
    return this.#suspects.size === 0 && this.#quarantined.size === 0;
  }

  add(row: Row, nowMs: number): void {
    const digest = contentDigest(row);
    keep(this.#suspects, digest, { ended: this.#suspects.get(digest)?.ended ?? 0, untilMs: nowMs + REMEMBERED_MS });
  }

  /** One more replica ended with the row alone. True if it is quarantined from now on. */
  endedAlone(row: Row, nowMs: number): boolean {
    const digest = contentDigest(row);
    const ended = (this.#suspects.get(digest)?.ended ?? 0) + 1;
    const suspect = { ended, untilMs: nowMs + REMEMBERED_MS };
    if (ended < ENDED_TO_QUARANTINE) {
      keep(this.#suspects, digest, suspect);
      return false;
    }
    this.#suspects.delete(digest);
    keep(this.#quarantined, digest, suspect);
    return true;
  }

  /** It was answered. */
  clear(row: Row): void {
    if (this.#suspects.size > 0) this.#suspects.delete(contentDigest(row));
  }

  /** What is known of an input: for a quarantined one, for how much longer, in milliseconds. */
  look(row: Row, nowMs: number): { readonly suspect: boolean; readonly quarantinedMs: number } {
    expire(this.#suspects, nowMs);
    expire(this.#quarantined, nowMs);
    if (this.isEmpty) return UNKNOWN;
    const digest = contentDigest(row);
    const quarantined = this.#quarantined.get(digest);
    if (quarantined !== undefined) return { suspect: true, quarantinedMs: quarantined.untilMs - nowMs };
    return this.#suspects.has(digest) ? SUSPECT : UNKNOWN;
  }
}

const UNKNOWN = { suspect: false, quarantinedMs: 0 };
const SUSPECT = { suspect: true, quarantinedMs: 0 };

function keep(suspects: Map<string, Suspect>, digest: string, suspect: Suspect): void {
  suspects.delete(digest);
  suspects.set(digest, suspect);
  const [oldest] = suspects.keys();
  if (suspects.size > CAPACITY && oldest !== undefined) suspects.delete(oldest);
}

function expire(suspects: Map<string, Suspect>, nowMs: number): void {
  for (const [digest, { untilMs }] of suspects) {
    if (untilMs > nowMs) return;
    suspects.delete(digest);
  }
}
