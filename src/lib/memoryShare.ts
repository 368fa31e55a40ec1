import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";

/**
 * How much of the memory that this process may have is in use, 0 to 1: the larger of V8's heap against its limit and
 * of the resident set against what the machine or its control group allows.
 */
export function memoryShare(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  const constrained = process.constrainedMemory();
  // Without a control group's limit Node gives 0 or a number beyond all memory.
  const allowed = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.max(used / limit, process.memoryUsage.rss() / allowed);
}
