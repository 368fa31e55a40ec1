import { messageOf } from "../../../src/domain/messageOf.js";
import { ModelInferRequest } from "../../../src/protocol/generated/inference.js";
import { recoverText } from "../../../src/protocol/recoverText.js";

/** Bytes that are no ModelInferRequest. The id is kept where it can be read, so that the sender learns which failed. */
export interface Malformed {
  readonly kind: "malformed";
  readonly id: string;
  readonly message: string;
}

const ID_PATH = [3];

/** Never throws: a deserialiser that throws ends the whole stream, with every request that is in flight on it. */
export function decodeRequest(bytes: Uint8Array): ModelInferRequest | Malformed {
  try {
    return ModelInferRequest.decode(bytes);
  } catch (error) {
    return { kind: "malformed", id: recoverText(bytes, ID_PATH), message: `malformed message: ${messageOf(error)}` };
  }
}

export function isMalformed(incoming: ModelInferRequest | Malformed): incoming is Malformed {
  return "kind" in incoming;
}
