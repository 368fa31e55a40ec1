"""Typed contents. For other clients' sake: Skysail always sends raw contents."""

import numpy as np

from .messages import InferTensorContents
from .tensors import Tensor

_FIELDS = {
    "BOOL": "bool_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}


def pack_contents(spec: Tensor, contents: InferTensorContents, rows: int) -> np.ndarray | str:
    """All rows as one array; or what is wrong with the contents."""
    field = _FIELDS.get(spec.datatype)
    if field is None:
        return f"{spec.datatype} travels as raw contents only"
    values = getattr(contents, field)
    expected = spec.elements * rows
    if len(values) != expected:
        return f"expected {expected} elements for {rows} rows, got {len(values)}"
    shape = (rows, *spec.shape)
    if spec.dtype is None:
        array = np.empty(expected, object)
        array[:] = list(values)
        return array.reshape(shape)
    if spec.datatype in ("UINT8", "UINT16", "INT8", "INT16"):
        misfit = _misfit(spec, np.array(values, np.int64))
        if misfit is not None:
            return misfit
    return np.array(values, spec.dtype).reshape(shape)


def _misfit(spec: Tensor, values: np.ndarray) -> str | None:
    """The message has 32 bits for the small integers: what does not fit would wrap around silently."""
    limits = np.iinfo(spec.dtype)
    misfits = (values < limits.min) | (values > limits.max)
    if not misfits.any():
        return None
    at = int(misfits.argmax())
    return f"element {at} ({values[at]}) does not fit {spec.datatype}"
