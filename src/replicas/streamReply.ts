import type { BatchReply } from "../domain/ports.js";
import type { Signature } from "../domain/tensor.js";
import type { OutputPlaces } from "../lib/askedOutputs.js";
import { RESPONSE_PARAMETERS } from "../protocol/extension.js";
import type { ErrorCode } from "../protocol/extension.js";
import type { ModelStreamInferResponse } from "../protocol/generated/inference.js";
import { fromInferResponse } from "./batchMessage.js";
import { checksumProblem, rowIdsProblem } from "./extendedRequest.js";
import type { Asked } from "./extendedRequest.js";
import { isMalformed } from "./incomingReply.js";
import type { MalformedReply } from "./incomingReply.js";
import { readRowErrors } from "./rowErrors.js";

/** What must be known to judge a reply. */
export interface ExpectedReply {
  /** For messages: `model name@version`. */
  readonly model: string;
  /** For messages: the replica's id. */
  readonly replica: string;
  readonly signature: Signature;
  /** As the server was asked for it. */
  readonly servedVersion: string;
  readonly rows: number;
  /** Of the outputs asked for. */
  readonly places: OutputPlaces;
  /** Undefined for servers without the extension. */
  readonly asked: Asked | undefined;
}

/**
 * ANSWERED with outputs; FAILED as the wrapper says; STOPPING: refused by a wrapper that takes no more; UNUSABLE: it
 * breaks the protocol or was corrupted on its way. `why` is for people.
 */
export interface ReadReply {
  readonly kind: "ANSWERED" | "FAILED" | "STOPPING" | "UNUSABLE";
  readonly reply: BatchReply;
  readonly why: string;
}

/** What one message on the stream comes to for the batch that it answers. */
export function readReply(expected: ExpectedReply, incoming: ModelStreamInferResponse | MalformedReply): ReadReply {
  if (isMalformed(incoming)) {
    // Where corruption can be told from misbehaviour, another replica may have better luck.
    return expected.asked?.checksummed === true
      ? corrupted(expected, incoming.message)
      : bad(expected, incoming.message);
  }
  const { errorMessage, inferResponse } = incoming;
  const code = errorCodeOf(incoming);
  if (code === "UNAVAILABLE") return lost("STOPPING", expected, `refused it: ${errorMessage}`, errorMessage);
  if (code === "DATA_LOSS") return corrupted(expected, errorMessage);
  if (errorMessage !== "" || code !== undefined) {
    const why = [code, errorMessage].filter(Boolean).join(": ");
    return failed(expected, why);
  }
  if (inferResponse === undefined) return bad(expected, "empty reply");
  if (inferResponse.id === "") return bad(expected, "outputs without the request's id");
  const { modelVersion } = inferResponse;
  if (modelVersion !== "" && modelVersion !== expected.servedVersion) {
    return bad(
      expected,
      `answered by the server's version "${modelVersion}": register that one, or serve this one there`,
    );
  }
  const corruption = expected.asked && checksumProblem(expected.asked, inferResponse);
  if (corruption !== undefined) return corrupted(expected, corruption);
  const mixUp = expected.asked && rowIdsProblem(expected.asked, inferResponse);
  if (mixUp !== undefined) return bad(expected, mixUp);
  const rowErrors = expected.asked && readRowErrors(expected, inferResponse);
  if (typeof rowErrors === "string") return bad(expected, rowErrors);
  const reply = fromInferResponse(expected.signature, expected.rows, inferResponse, {
    places: expected.places,
    rowErrors,
  });
  return reply.kind === "failed" ? bad(expected, reply.message) : { kind: "ANSWERED", reply, why: "" };
}

/** A reply that breaks the protocol. */
export function bad({ model }: ExpectedReply, why: string): ReadReply {
  return {
    kind: "UNUSABLE",
    why,
    reply: { kind: "failed", code: "MODEL_BAD_OUTPUT", message: `${model}: ${why}` },
  };
}

/** As the wrapper says. */
export function failed({ model }: ExpectedReply, why: string): ReadReply {
  return { kind: "FAILED", why, reply: { kind: "failed", code: "MODEL_ERROR", message: `${model}: ${why}` } };
}

function corrupted(expected: ExpectedReply, why: string): ReadReply {
  return lost("UNUSABLE", expected, `is behind a line that corrupts: ${why}`, why);
}

function lost(kind: ReadReply["kind"], { model, replica }: ExpectedReply, what: string, why: string): ReadReply {
  return { kind, why, reply: { kind: "lost", message: `${model}: replica ${replica} ${what}`, refused: true } };
}

/** Given beside an error by wrappers with the extension. */
function errorCodeOf({ inferResponse }: ModelStreamInferResponse): ErrorCode | undefined {
  return inferResponse?.parameters[RESPONSE_PARAMETERS.errorCode]?.stringParam as ErrorCode | undefined;
}
