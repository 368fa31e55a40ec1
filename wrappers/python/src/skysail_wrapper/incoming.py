"""Decoding that never raises: a deserialiser that raises ends the whole stream, with all that is in flight on it."""

from dataclasses import dataclass

from google.protobuf.message import DecodeError

from .messages import ModelInferRequest

_ID_FIELD = 3


@dataclass(frozen=True, slots=True)
class Malformed:
    """Bytes that are no ModelInferRequest. The id is kept where it can be read: the sender learns which failed."""

    id: str
    message: str


def decode_request(packed: bytes) -> ModelInferRequest | Malformed:
    try:
        return ModelInferRequest.FromString(packed)
    except (DecodeError, ValueError, RuntimeError) as error:
        return Malformed(recover_id(packed), f"malformed message: {error}")


def recover_id(packed: bytes) -> str:
    """The request's id in a message that cannot be decoded as a whole; "" if it is broken before it."""
    at = 0
    try:
        while at < len(packed):
            tag, at = _varint(packed, at)
            wire_type = tag & 7
            if wire_type == 0:
                _, at = _varint(packed, at)
            elif wire_type == 1:
                at += 8
            elif wire_type == 5:
                at += 4
            elif wire_type == 2:
                length, at = _varint(packed, at)
                if tag >> 3 == _ID_FIELD:
                    return packed[at : at + length].decode() if at + length <= len(packed) else ""
                at += length
            else:
                return ""
    except (IndexError, UnicodeDecodeError):
        pass
    return ""


def _varint(packed: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = packed[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise IndexError("a varint of more than ten bytes")
