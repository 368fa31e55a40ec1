"""Tensors as the Open Inference Protocol packs them, and as numpy sees them.

Bytes are little-endian, row-major, without padding; a BYTES element is a uint32 length and that many bytes.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

_DTYPES = {
    "BOOL": "?",
    "UINT8": "u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "INT8": "i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}

DATATYPES: tuple[str, ...] = (*_DTYPES, "BYTES")


@dataclass(frozen=True)
class Tensor:
    """One input or output. `shape` is that of one row: the batch dimension is not in it; `()` is one element a row."""

    name: str
    datatype: str
    shape: Sequence[int] = ()
    dtype: np.dtype | None = field(init=False, repr=False, compare=False)
    """Of its arrays; None for BYTES."""
    elements: int = field(init=False, repr=False, compare=False)
    """Of one row."""

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a tensor needs a name")
        if self.datatype not in DATATYPES:
            raise ValueError(f"{self.name}: datatype must be one of {', '.join(DATATYPES)}, not {self.datatype!r}")
        if not all(isinstance(size, int) and size > 0 for size in self.shape):
            raise ValueError(f"{self.name}: dimensions must be fixed and positive, not {list(self.shape)}")
        packed = _DTYPES.get(self.datatype)
        object.__setattr__(self, "shape", tuple(self.shape))
        object.__setattr__(self, "dtype", None if packed is None else np.dtype(packed))
        object.__setattr__(self, "elements", math.prod(self.shape))

    def array(self, packed: bytes, rows: int) -> "np.ndarray | str":
        """All rows as one array, a view of `packed` (BYTES: an array of bytes objects); or what is wrong with it."""
        if self.dtype is None:
            return self._unpack(packed, rows)
        expected = self.dtype.itemsize * self.elements * rows
        if len(packed) != expected:
            return f"expected {expected} bytes for {rows} rows, got {len(packed)}"
        return np.frombuffer(packed, self.dtype).reshape((rows, *self.shape))

    def _unpack(self, packed: bytes, rows: int) -> "np.ndarray | str":
        elements = unpack_elements(packed)
        if isinstance(elements, str):
            return elements
        expected = self.elements * rows
        if len(elements) != expected:
            return f"expected {expected} elements for {rows} rows, got {len(elements)}"
        array = np.empty(expected, object)
        array[:] = elements
        return array.reshape((rows, *self.shape))

    def zeros(self, rows: int) -> np.ndarray:
        """Rows of zeros, or of empty texts: what a model is warmed up with."""
        if self.dtype is None:
            return np.full((rows, *self.shape), b"", object)
        return np.zeros((rows, *self.shape), self.dtype)

    def packed_zeros(self, rows: int) -> bytes:
        """The bytes of `zeros`: an empty text is its length of four bytes."""
        return bytes((4 if self.dtype is None else self.dtype.itemsize) * self.elements * rows)

    def pack(self, values: Any, rows: int) -> "bytes | str":
        """What a model gave for `rows` rows as packed bytes; or what is wrong with it."""
        if self.dtype is None:
            return self._pack_elements(values, rows)
        if values is None or isinstance(values, str | bytes | Mapping):
            return f"expected an array for {self.datatype}, got {type(values).__name__}"
        array = np.asarray(values)
        if not _may_become(array, self.dtype):
            return f"expected an array for {self.datatype}, got {array.dtype}"
        array = np.ascontiguousarray(array, self.dtype)
        expected = self.dtype.itemsize * self.elements * rows
        if array.nbytes != expected:
            return f"expected {expected} bytes for {rows} rows, got {array.nbytes}"
        return array.tobytes()

    def _pack_elements(self, values: Any, rows: int) -> "bytes | str":
        if not isinstance(values, np.ndarray | list | tuple):
            return f"expected a list of texts, got {type(values).__name__}"
        flat = values.ravel().tolist() if isinstance(values, np.ndarray) else values
        if not all(isinstance(value, str | bytes) for value in flat):
            return "expected texts or bytes for BYTES"
        expected = self.elements * rows
        if len(flat) != expected:
            return f"expected {expected} elements for {rows} rows, got {len(flat)}"
        return pack_elements(flat)


def _may_become(array: np.ndarray, dtype: np.dtype) -> bool:
    """Floats of one width become those of another; integers only where every value fits; nothing changes its kind."""
    if array.dtype == dtype:
        return True
    if array.dtype.kind == "f" and dtype.kind == "f":
        return True
    if array.dtype.kind not in "iu" or dtype.kind not in "iu":
        return False
    if np.can_cast(array.dtype, dtype) or array.size == 0:
        return True
    limits = np.iinfo(dtype)
    return limits.min <= int(array.min()) and int(array.max()) <= limits.max


def unpack_elements(packed: bytes) -> "list[bytes] | str":
    """The elements; or what is wrong with the packing. The lengths are a chain: each must be read to find the next."""
    elements: list[bytes] = []
    at, end = 0, len(packed)
    while at < end:
        start = at + 4
        if start > end:
            return f"element {len(elements)} has no complete length"
        at = start + int.from_bytes(packed[at:start], "little")
        if at > end:
            return f"element {len(elements)} says {at - start} bytes, beyond the end"
        elements.append(packed[start:at])
    return elements


def pack_elements(elements: Iterable[str | bytes]) -> bytes:
    encoded = [element.encode() if isinstance(element, str) else element for element in elements]
    return b"".join(part for element in encoded for part in (len(element).to_bytes(4, "little"), element))


def texts(array: np.ndarray) -> np.ndarray:
    """The elements of a BYTES input as text. What is no UTF-8 becomes U+FFFD, as it does in a browser."""
    decoded = np.empty(array.size, object)
    decoded[:] = [element.decode("utf-8", "replace") for element in array.ravel().tolist()]
    return decoded.reshape(array.shape)


@dataclass(frozen=True)
class Signature:
    """Inputs and outputs of a model, in their order."""

    inputs: Sequence[Tensor]
    outputs: Sequence[Tensor]

    def __post_init__(self) -> None:
        for kind, tensors in (("input", self.inputs), ("output", self.outputs)):
            if not tensors:
                raise ValueError(f"a model needs at least one {kind}")
            names = [tensor.name for tensor in tensors]
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"{kind} {name} is stated twice")
        object.__setattr__(self, "inputs", tuple(self.inputs))
        object.__setattr__(self, "outputs", tuple(self.outputs))


def read_signature_file(path: str) -> Signature:
    """`{"inputs": [{"name", "datatype", "shape"}], "outputs": [...]}`, shapes those of one row."""
    try:
        value = json.loads(Path(path).read_text("utf-8"))
        if not isinstance(value, dict):
            raise ValueError("it must be an object with inputs and outputs")
        return Signature(*(_parse_tensors(kind, value.get(kind)) for kind in ("inputs", "outputs")))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _parse_tensors(kind: str, value: object) -> list[Tensor]:
    if not isinstance(value, list):
        raise ValueError(f"{kind} must be a list")
    return [_parse_tensor(f"{kind}[{i}]", entry) for i, entry in enumerate(value)]


def _parse_tensor(where: str, entry: object) -> Tensor:
    if not isinstance(entry, dict):
        raise ValueError(f"{where} must be an object")
    name, datatype, shape = entry.get("name"), entry.get("datatype"), entry.get("shape")
    if not isinstance(name, str) or not isinstance(datatype, str) or not isinstance(shape, list):
        raise ValueError(f"{where} needs a name, a datatype and a shape (a list of numbers)")
    return Tensor(name, datatype, shape)


def datatype_of(dtype: np.dtype) -> str:
    """The protocol's name of what numpy calls `dtype`; texts and objects are BYTES."""
    if dtype.kind in "OUST":
        return "BYTES"
    for datatype, packed in _DTYPES.items():
        if np.dtype(packed) == dtype.newbyteorder("<"):
            return datatype
    raise ValueError(f"the protocol has no datatype for {dtype}")
