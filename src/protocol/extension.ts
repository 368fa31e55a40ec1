/**
 * Skysail's own extension of the Open Inference Protocol, in words in wrappers/PROTOCOL.md.
 * A server that names it in its metadata's `extensions` keeps everything below; of others nothing is assumed.
 */
export const EXTENSION_NAME = "skysail";

/** Parameters that a request may carry. */
export const REQUEST_PARAMETERS = {
  /** int64, microseconds of budget left when the request was sent: relative, since clocks differ between machines. */
  deadlineUs: "deadline_us",
  /** string, echoed as it is. */
  rowIds: "row_ids",
  /** int64, CRC-32 of the raw contents in order; the reply then carries its own. */
  crc32: "crc32",
  /** bool: a reply may have outputs for some rows and say of the others why not. */
  rowErrors: "row_errors",
} as const;

/** Parameters of a reply. */
export const RESPONSE_PARAMETERS = {
  /** int64, microseconds in the model. */
  computeUs: "compute_us",
  /** int64, microseconds between arrival and the start of the computation. */
  queueUs: "queue_us",
  /** int64, inference streams open on the wrapper: how many servers share it. */
  streams: "streams",
  rowIds: "row_ids",
  crc32: "crc32",
  /** string, in the reply beside `error_message`: an ErrorCode. */
  errorCode: "error_code",
  /** string, if the request had it and rows failed: JSON, a list of {row, error_code, message}. */
  rowErrors: "row_errors",
} as const;

/** Keys of ModelMetadataResponse.properties. */
export const METADATA_PROPERTIES = {
  concurrency: "concurrency",
  artefactSha256: "artefact_sha256",
  /** JSON list of texts: the names of a classifier's classes, in the order of its scores. */
  labels: "labels",
  /** Likewise: what an output of one label holds for each, where that is not the label. */
  labelValues: "label_values",
} as const;

/** Why a request got no outputs: names of gRPC statuses, which unary calls answer as such. */
export type ErrorCode =
  | "INVALID_ARGUMENT"
  | "NOT_FOUND"
  | "DEADLINE_EXCEEDED"
  | "RESOURCE_EXHAUSTED"
  | "DATA_LOSS"
  | "UNAVAILABLE"
  | "CANCELLED"
  | "INTERNAL";
