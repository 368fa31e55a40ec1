import type { Goal, Outcome } from "./bench.js";
import { show } from "./statistics.js";

/** A line for each goal that the result does not reach: the figure's name, its value and the bound. */
export function missedGoals(goals: readonly Goal[], result: Outcome["result"]): string[] {
  return goals.flatMap(({ figure, atLeast = -Infinity, atMost = Infinity }) => {
    const value = figure.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], result);
    if (typeof value === "number" && value >= atLeast && value <= atMost) return [];
    const bounds = [
      ...(atLeast > -Infinity ? [`at least ${atLeast}`] : []),
      ...(atMost < Infinity ? [`at most ${atMost}`] : []),
    ];
    return [
      `${figure.join(".")} is ${typeof value === "number" ? show(value) : "not there"}, the goal is ${bounds.join(" and ")}`,
    ];
  });
}
