"""What a request came to: the message that answers it, or why there is none."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from .messages import ModelInferResponse, ModelStreamInferResponse
from .refusal import Refusal, refusal
from .request import InferRequest, Served, checksum_of
from .rows import Answered

# Room for everything beside the contents, kept free so that gRPC never refuses (and breaks a stream over) a reply.
_REPLY_OVERHEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Timing:
    queue_us: int
    compute_us: int
    streams: int
    """Streams open on this wrapper."""


def build_reply(
    served: Served, request: InferRequest, answered: Answered, timing: Timing, max_message_bytes: int
) -> ModelInferResponse | Refusal:
    """The reply to a computed request, or a refusal when it is longer than a message may be."""
    row_errors = _row_errors(answered.failed)
    total = sum(map(len, answered.contents)) + len(row_errors.encode())
    if total > max_message_bytes - _REPLY_OVERHEAD_BYTES:
        return refusal("RESOURCE_EXHAUSTED", f"the reply has {total} bytes, the limit is {max_message_bytes}")
    response = _response(served, request, answered.contents, timing)
    if answered.failed:
        response.parameters["row_errors"].string_param = row_errors
    return response


def _row_errors(failed: Mapping[int, Refusal]) -> str:
    listed = [{"row": row, "error_code": why.code, "message": why.message} for row, why in sorted(failed.items())]
    return json.dumps(listed, separators=(",", ":"))


def _response(served: Served, request: InferRequest, contents: list[bytes], timing: Timing) -> ModelInferResponse:
    response = ModelInferResponse(
        model_name=served.name, model_version=served.version, id=request.id, raw_output_contents=contents
    )
    for i in request.wanted:
        spec = served.signature.outputs[i]
        response.outputs.add(name=spec.name, datatype=spec.datatype, shape=(request.batch.rows, *spec.shape))
    parameters = response.parameters
    parameters["compute_us"].int64_param = timing.compute_us
    parameters["queue_us"].int64_param = timing.queue_us
    parameters["streams"].int64_param = timing.streams
    if request.row_ids is not None:
        parameters["row_ids"].string_param = request.row_ids
    if request.checksummed:
        parameters["crc32"].int64_param = checksum_of(contents)
    return response


def streamed(served: Served, id: str, outcome: ModelInferResponse | Refusal) -> bytes:
    """On a stream an error travels as a message, with the reply beside it empty but for the id and the code."""
    message = ModelStreamInferResponse()
    if isinstance(outcome, Refusal):
        message.error_message = outcome.message
        empty = message.infer_response
        empty.model_name, empty.model_version, empty.id = served.name, served.version, id
        empty.parameters["error_code"].string_param = outcome.code
    else:
        message.infer_response.CopyFrom(outcome)
    return message.SerializeToString()
