import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";

/**
 * How much of the memory that this process may have is in use, 0 to 1: the larger of V8's heap against its limit and
 * of the resident set against what the machine or its control group allows.
 */
export function memoryShare(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  allowedBytes ??= allowed();
  return Math.max(used / limit, process.memoryUsage.rss() / allowedBytes);
}

/** Asked once: the answer stands in five files, and the question comes four times a second. */
let allowedBytes: number | undefined;

function allowed(): number {
  const constrained = process.constrainedMemory();
  // Without a control group's limit Node gives 0 or a number beyond all memory.
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
