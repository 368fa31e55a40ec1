import { ModelStreamInferResponse } from "../protocol/generated/inference.js";
import { recoverText } from "../protocol/recoverText.js";

/** Bytes that are no ModelStreamInferResponse. The id is kept where it can be read. */
export interface MalformedReply {
  readonly kind: "malformed";
  readonly id: string;
  readonly message: string;
}

/** `infer_response`, and in it `id`. */
const ID_PATH = [2, 3];

/** Never throws: a deserialiser that throws ends the whole stream, with every batch that is in flight on it. */
export function decodeReply(bytes: Uint8Array): ModelStreamInferResponse | MalformedReply {
  try {
    return ModelStreamInferResponse.decode(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: "malformed", id: recoverText(bytes, ID_PATH), message: `malformed reply: ${why}` };
  }
}

export function isMalformed(incoming: ModelStreamInferResponse | MalformedReply): incoming is MalformedReply {
  return "kind" in incoming;
}
