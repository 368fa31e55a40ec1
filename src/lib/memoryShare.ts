import { totalmem } from "node:os";
import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";

/** What V8's limit has beside the old generation: three semi-spaces of 16 MiB unless told otherwise. */
const YOUNG_BYTES = 48 * 2 ** 20;

/**
 * How much of the memory that this process may have is in use, 0 to 1: the larger of V8's old generation against its
 * limit and of the resident set against what the machine or its control group allows. Against the limit of the whole
 * heap a process of 256 MiB would end at a share of 0.84: what is young comes and goes, what is old must fit.
 */
export function memoryShare(): number {
  allowedBytes ??= allowed();
  return Math.max(oldGenerationShare(), process.memoryUsage.rss() / allowedBytes);
}

function oldGenerationShare(): number {
  const { heap_size_limit: limit } = getHeapStatistics();
  let used = 0;
  for (const space of getHeapSpaceStatistics()) if (!space.space_name.startsWith("new_")) used += space.space_used_size;
  return used / Math.max(limit / 2, limit - YOUNG_BYTES);
}

/** Asked once: the answer stands in five files, and the question comes four times a second. */
let allowedBytes: number | undefined;

function allowed(): number {
  const constrained = process.constrainedMemory();
  // Without a control group's limit Node gives 0 or a number beyond all memory.
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
