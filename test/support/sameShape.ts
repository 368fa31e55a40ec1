import { setFlagsFromString } from "node:v8";
import { runInThisContext } from "node:vm";

/** Whether V8 has one hidden class for both. Asked of V8 itself: nothing else tells. */
export const haveSameShape: (one: object, other: object) => boolean = (() => {
  setFlagsFromString("--allow-natives-syntax");
  try {
    const ask = runInThisContext("(one, other) => %HaveSameMap(one, other)") as (one: object, other: object) => boolean;
    // It is compiled when it is first called.
    ask({}, {});
    return ask;
  } finally {
    setFlagsFromString("--no-allow-natives-syntax");
  }
})();
