import { endianness } from "node:os";

/** Of this machine: where it is, packed elements can be read through typed arrays. */
export const IS_LITTLE_ENDIAN = endianness() === "LE";
