import { messageOf } from "../domain/messageOf.js";
import { ModelInferResponse, ModelStreamInferResponse } from "../protocol/generated/inference.js";
import { recoverText } from "../protocol/recoverText.js";

/** Bytes that are no ModelStreamInferResponse. The id is kept where it can be read. */
export interface MalformedReply {
  readonly kind: "malformed";
  readonly id: string;
  readonly message: string;
}

/** `infer_response`, and in it `id`. */
const STREAMED_ID = [2, 3];
const ANSWERED_ID = [3];

/** Never throws: a deserialiser that throws ends the whole stream, with every batch that is in flight on it. */
export function decodeReply(bytes: Uint8Array): ModelStreamInferResponse | MalformedReply {
  return decoded(() => ModelStreamInferResponse.decode(bytes), bytes, STREAMED_ID);
}

/** Likewise, of a unary call. */
export function decodeAnswer(bytes: Uint8Array): ModelInferResponse | MalformedReply {
  return decoded(() => ModelInferResponse.decode(bytes), bytes, ANSWERED_ID);
}

function decoded<T>(decode: () => T, bytes: Uint8Array, idPath: readonly number[]): T | MalformedReply {
  try {
    return decode();
  } catch (error) {
    const why = messageOf(error);
    return { kind: "malformed", id: recoverText(bytes, idPath), message: `malformed reply: ${why}` };
  }
}

export function isMalformed(incoming: object): incoming is MalformedReply {
  return "kind" in incoming;
}
