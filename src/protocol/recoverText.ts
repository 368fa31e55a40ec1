import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** The text at a path of field numbers in a message that cannot be decoded as a whole; "" if it is broken before it. */
export function recoverText(bytes: Uint8Array, [wanted, ...deeper]: readonly number[]): string {
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field !== wanted || wireType !== WireType.LengthDelimited) reader.skip(wireType);
      else if (deeper.length === 0) return reader.string();
      else return recoverText(reader.bytes(), deeper);
    }
  } catch {
    // Broken before it.
  }
  return "";
}
