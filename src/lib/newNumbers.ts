/** V8 keeps arrays of up to 64 bytes in its own heap, and gets memory for each longer one. */
const MOST_OF_ITS_OWN = 8;
const BLOCK = 1024;
/** Beyond that the memory costs little beside the numbers, and the rest of a block that is left would be much. */
const LONGEST = BLOCK / 16;

let block = new Float64Array(BLOCK);
let taken = 0;

/**
 * So many zeros: of those that are made for each answer and are gone soon. Some dozen arrays of up to 64 numbers are views of
 * one block of 8 KiB, which takes a sixth of the time that each takes with memory of its own; the block lives as long as any of them.
 */
export function newNumbers(count: number): Float64Array {
  if (count <= MOST_OF_ITS_OWN || count > LONGEST) return new Float64Array(count);
  if (taken + count > BLOCK) {
    block = new Float64Array(BLOCK);
    taken = 0;
  }
  const numbers = block.subarray(taken, taken + count);
  taken += count;
  return numbers;
}
