"""What a request came to: the message that answers it, or why there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .messages import ModelInferResponse, ModelStreamInferResponse
from .refusal import Refusal, refusal
from .request import InferRequest, Served, checksum_of
from .tensors import Tensor

# Room for everything beside the contents, kept free so that gRPC never refuses (and breaks a stream over) a reply.
_REPLY_OVERHEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Timing:
    queue_us: int
    compute_us: int
    streams: int
    """Streams open on this wrapper."""


def build_reply(
    served: Served, request: InferRequest, outputs: Any, timing: Timing, max_message_bytes: int
) -> ModelInferResponse | Refusal:
    """The reply to a computed request, or a refusal when the outputs are not what the signature promises."""
    specs = served.signature.outputs
    listed = _listed(outputs, specs)
    if isinstance(listed, str):
        return refusal("INTERNAL", listed)
    contents: list[bytes] = []
    for i in request.wanted:
        packed = specs[i].pack(listed[i], request.batch.rows)
        if isinstance(packed, str):
            return refusal("INTERNAL", f"output {specs[i].name}: {packed}")
        contents.append(packed)
    total = sum(map(len, contents))
    if total > max_message_bytes - _REPLY_OVERHEAD_BYTES:
        return refusal("RESOURCE_EXHAUSTED", f"the reply has {total} bytes, the limit is {max_message_bytes}")
    return _response(served, request, contents, timing)


def _listed(outputs: Any, specs: Sequence[Tensor]) -> Sequence[Any] | str:
    """In the signature's order."""
    if isinstance(outputs, Mapping):
        return [outputs.get(spec.name) for spec in specs]
    # One array is the only output: an array of two outputs stacked would be read along the wrong axis.
    listed = [outputs] if isinstance(outputs, np.ndarray) else outputs
    if not isinstance(listed, list | tuple):
        return f"the model gave {type(outputs).__name__} instead of a list of outputs"
    if len(listed) != len(specs):
        return f"the model gave {len(listed)} outputs instead of {len(specs)}"
    return listed


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
