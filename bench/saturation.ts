import type { OpenFigures } from "./documentLoad.js";

/** Rows a second that the search for saturation starts with, and what it is multiplied by. */
const FIRST_RATE = 200;
const RATE_FACTOR = 1.5;
export const SEARCH_SECONDS = 1.5;
const WARM_UP_SECONDS = 4;
/** Below this share of good answers the search ends, */
const KEEPS_UP = 0.9;
/** if it is so every time: a moment of a noisy machine is no limit. */
const SEARCH_TRIES = 3;

/**
 * The most good answers a second at any rate, by a search upwards. The first step warms up: a slow model's wrapper sees few
 * queries in two seconds.
 */
export async function mostGoodPerSecond(
  offer: (perSecond: number, seconds: number) => Promise<OpenFigures>,
  firstRate = FIRST_RATE,
): Promise<number> {
  await offer(firstRate, WARM_UP_SECONDS);
  let most = 0;
  for (let rate = firstRate; ; rate *= RATE_FACTOR) {
    let keepsUp = false;
    for (let i = 0; i < SEARCH_TRIES && !keepsUp; i++) {
      const { goodPerSecond, offeredPerSecond } = await offer(rate, SEARCH_SECONDS);
      most = Math.max(most, goodPerSecond);
      keepsUp = goodPerSecond >= KEEPS_UP * offeredPerSecond;
    }
    if (!keepsUp) return most;
  }
}
