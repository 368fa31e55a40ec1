import { createHash } from "node:crypto";
import type { Drift, Lesson } from "../../src/correction/folding.js";
import type { LearnedState } from "../../src/correction/learnedState.js";
import type { StateFolding } from "../../src/learning/heldState.js";

interface Hashed {
  digest: string;
  count: number;
}

const of = (state: LearnedState): Hashed => state.policy as unknown as Hashed;
const stateOf = (hashed: Hashed): LearnedState => ({ policy: hashed }) as unknown as LearnedState;

/** A folding whose state tells any difference in what was folded, or in which order: a digest over it. */
export function hashFolding(
  options: {
    readonly isPersonal?: boolean;
    readonly paddingBytes?: number;
    /** What an observation brings to light, by how many the state has seen. */
    readonly drifts?: (count: number) => readonly Drift[];
  } = {},
): StateFolding {
  const padding = Buffer.alloc(options.paddingBytes ?? 0);
  return {
    isPersonal: options.isPersonal ?? true,
    init: () => stateOf({ digest: "init", count: 0 }),
    inherit: (population) => stateOf({ digest: next("inherit", of(population).digest), count: 0 }),
    observe(state, lesson) {
      const hashed = of(state);
      hashed.digest = next(hashed.digest, JSON.stringify(lesson.truth));
      hashed.count += 1;
      return options.drifts?.(hashed.count) ?? [];
    },
    sharedPrior: {
      estimate: () => undefined,
      estimating: function* () {
        yield;
      },
      adopt(population, content) {
        of(population).digest = next(of(population).digest, JSON.stringify(content));
        return true;
      },
      refit: () => false,
    },
    read: (truth) => ({ truth }) as Lesson,
    encode: (state) => Buffer.concat([Buffer.from(`${JSON.stringify(of(state))}\n`), padding]),
    decode: (bytes) => stateOf(JSON.parse(Buffer.from(bytes).toString("utf8").split("\n")[0] ?? "") as Hashed),
  };
}

function next(before: string, given: string): string {
  return createHash("sha256").update(before).update("\0").update(given).digest("base64url");
}

export function hashOf(state: LearnedState): { readonly digest: string; readonly count: number } {
  return of(state);
}
