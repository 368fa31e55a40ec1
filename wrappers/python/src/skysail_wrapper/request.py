"""Everything that is checked before the model sees a request."""

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .contents import pack_contents
from .messages import ModelInferRequest
from .model import Batch
from .refusal import Refusal, refusal
from .tensors import Signature, Tensor


@dataclass(frozen=True)
class Served:
    """What requests must name and match."""

    name: str
    version: str
    signature: Signature
    max_rows: int = 65_536
    refuse_non_finite: bool = False


@dataclass(frozen=True, slots=True)
class InferRequest:
    """A request that may be computed."""

    id: str
    batch: Batch
    wanted: tuple[int, ...]
    """Positions in the signature of the outputs asked for."""
    deadline_us: int | None
    row_ids: str | None
    checksummed: bool
    row_errors: bool
    """Whether the caller takes a reply in which some rows failed."""


class _Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        self.refusal = refusal(code, message)


def read_request(message: ModelInferRequest, served: Served) -> InferRequest | Refusal:
    unknown = unknown_model(message.model_name, message.model_version, served)
    if unknown is not None:
        return unknown
    try:
        return _read(message, served)
    except _Refused as refused:
        return refused.refusal


def _read(message: ModelInferRequest, served: Served) -> InferRequest:
    deadline_us = _integer_parameter(message, "deadline_us")
    checksum = _integer_parameter(message, "crc32")
    if checksum is not None and checksum != checksum_of(message.raw_input_contents):
        raise _Refused("DATA_LOSS", f"the raw contents do not have the CRC-32 that was sent ({checksum})")
    wanted = _wanted_outputs(message, served.signature.outputs)
    rows, inputs = _read_inputs(message, served)
    names = tuple(served.signature.outputs[i].name for i in wanted)
    return InferRequest(
        id=message.id,
        batch=Batch(rows, inputs, names),
        wanted=wanted,
        deadline_us=deadline_us,
        row_ids=_text_parameter(message, "row_ids"),
        checksummed=checksum is not None,
        row_errors=_flag_parameter(message, "row_errors"),
    )


def unknown_model(name: str, version: str, served: Served) -> Refusal | None:
    """An empty version means the one that is served."""
    if name != served.name:
        return refusal("NOT_FOUND", f"unknown model {_quote(name)}: this wrapper serves {served.name}")
    if version in ("", served.version):
        return None
    return refusal("NOT_FOUND", f"unknown version {_quote(version)} of {name}: this wrapper serves {served.version}")


def checksum_of(contents: Iterable[bytes]) -> int:
    """CRC-32 over the concatenation."""
    checksum = 0
    for packed in contents:
        checksum = zlib.crc32(packed, checksum)
    return checksum


def _integer_parameter(message: ModelInferRequest, name: str) -> int | None:
    # Looking up a name that a protobuf map lacks would add it.
    if name not in message.parameters:
        return None
    parameter = message.parameters[name]
    choice = parameter.WhichOneof("parameter_choice")
    if choice not in ("int64_param", "uint64_param"):
        raise _Refused("INVALID_ARGUMENT", f"parameter {name} must be an int64")
    return getattr(parameter, choice)


def _flag_parameter(message: ModelInferRequest, name: str) -> bool:
    if name not in message.parameters:
        return False
    parameter = message.parameters[name]
    if parameter.WhichOneof("parameter_choice") != "bool_param":
        raise _Refused("INVALID_ARGUMENT", f"parameter {name} must be a bool")
    return parameter.bool_param


def _text_parameter(message: ModelInferRequest, name: str) -> str | None:
    if name not in message.parameters:
        return None
    parameter = message.parameters[name]
    return parameter.string_param if parameter.WhichOneof("parameter_choice") == "string_param" else None


def _read_inputs(message: ModelInferRequest, served: Served) -> tuple[int, tuple[np.ndarray, ...]]:
    specs, tensors = served.signature.inputs, message.inputs
    if len(tensors) != len(specs):
        raise _Refused("INVALID_ARGUMENT", f"expected {len(specs)} inputs ({_names(specs)}), got {len(tensors)}")
    raw = len(message.raw_input_contents)
    if raw not in (0, len(tensors)):
        raise _Refused("INVALID_ARGUMENT", f"{len(tensors)} inputs have {raw} raw contents")
    rows = tensors[0].shape[0] if len(tensors[0].shape) > 0 else 0
    if not 1 <= rows <= served.max_rows:
        raise _Refused("INVALID_ARGUMENT", f"rows ({rows}) must be 1 to {served.max_rows}")
    return rows, tuple(_read_input(message, i, spec, rows, served) for i, spec in enumerate(specs))


def _read_input(message: ModelInferRequest, i: int, spec: Tensor, rows: int, served: Served) -> np.ndarray:
    at = _position_of(message, i, spec.name)
    tensor = message.inputs[at]
    where = f"input {spec.name}"
    if tensor.datatype != spec.datatype:
        raise _Refused("INVALID_ARGUMENT", f"{where}: expected {spec.datatype}, got {_quote(tensor.datatype)}")
    shape = tuple(tensor.shape)
    if shape != (rows, *spec.shape):
        expected = ",".join(map(str, (rows, *spec.shape)))
        raise _Refused("INVALID_ARGUMENT", f"{where}: expected shape [{expected}], got [{','.join(map(str, shape))}]")
    array = _contents(message, at, spec, rows)
    if isinstance(array, str):
        raise _Refused("INVALID_ARGUMENT", f"{where}: {array}")
    if served.refuse_non_finite and array.dtype.kind == "f":
        finite = np.isfinite(array).ravel()
        if not finite.all():
            raise _Refused("INVALID_ARGUMENT", f"{where}: element {int(finite.argmin())} is not finite")
    return array


def _position_of(message: ModelInferRequest, i: int, name: str) -> int:
    """Inputs may come in any order: each is looked for where it usually is, then everywhere."""
    if message.inputs[i].name == name:
        return i
    for at, tensor in enumerate(message.inputs):
        if tensor.name == name:
            return at
    raise _Refused("INVALID_ARGUMENT", f"input {name} is missing")


def _contents(message: ModelInferRequest, at: int, spec: Tensor, rows: int) -> np.ndarray | str:
    tensor = message.inputs[at]
    has_contents = tensor.HasField("contents")
    if len(message.raw_input_contents) > 0:
        return "contents beside raw contents" if has_contents else spec.array(message.raw_input_contents[at], rows)
    return pack_contents(spec, tensor.contents, rows) if has_contents else "no contents"


def _wanted_outputs(message: ModelInferRequest, specs: Sequence[Tensor]) -> tuple[int, ...]:
    if len(message.outputs) == 0:
        return tuple(range(len(specs)))
    at = {spec.name: i for i, spec in enumerate(specs)}
    for output in message.outputs:
        if output.name not in at:
            raise _Refused("INVALID_ARGUMENT", f"unknown output {_quote(output.name)}: {_names(specs)}")
    return tuple(at[output.name] for output in message.outputs)


def _names(specs: Sequence[Tensor]) -> str:
    return ", ".join(spec.name for spec in specs)


def _quote(text: str) -> str:
    """A caller's text, shortened: it goes into messages and logs."""
    return json.dumps(text if len(text) <= 80 else f"{text[:80]}...")
