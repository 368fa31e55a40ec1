import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { ModelInferRequest } from "../../../src/protocol/generated/inference.js";
import { messageOf } from "./refusal.js";

/** Bytes that are no ModelInferRequest. The id is kept where it can be read, so that the sender learns which failed. */
export interface Malformed {
  readonly kind: "malformed";
  readonly id: string;
  readonly message: string;
}

/** Never throws: a deserialiser that throws ends the whole stream, with every request that is in flight on it. */
export function decodeRequest(bytes: Uint8Array): ModelInferRequest | Malformed {
  try {
    return ModelInferRequest.decode(bytes);
  } catch (error) {
    return { kind: "malformed", id: recoverId(bytes), message: `malformed message: ${messageOf(error)}` };
  }
}

export function isMalformed(incoming: ModelInferRequest | Malformed): incoming is Malformed {
  return "kind" in incoming;
}

const ID_FIELD = 3;

function recoverId(bytes: Uint8Array): string {
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === ID_FIELD && wireType === WireType.LengthDelimited) return reader.string();
      reader.skip(wireType);
    }
  } catch {
    // Broken before its id: the sender's deadline has to tell it.
  }
  return "";
}
