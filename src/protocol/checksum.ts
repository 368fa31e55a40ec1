import { crc32 } from "node:zlib";

/**
 * CRC-32 (as in zlib and gzip) over the concatenation of raw contents, 0 to 2^32 - 1. TCP's 16-bit sum lets
 * about one corrupted segment in 65,536 through, which would otherwise arrive as a plausible number.
 */
export function checksumOfContents(contents: readonly Uint8Array[]): number {
  let checksum = 0;
  for (const bytes of contents) checksum = crc32(bytes, checksum);
  return checksum;
}
