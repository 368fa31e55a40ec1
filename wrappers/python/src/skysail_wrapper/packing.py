"""What a model gave, as the packed bytes of a reply."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .refusal import Refusal, refusal
from .tensors import Tensor


def packed_outputs(specs: Sequence[Tensor], wanted: Sequence[int], outputs: Any, rows: int) -> list[bytes] | Refusal:
    """What a model gave for so many rows, the outputs at `wanted`; a refusal when they are not what the signature
    promises."""
    listed = _listed(outputs, specs)
    if isinstance(listed, str):
        return refusal("INTERNAL", listed)
    contents: list[bytes] = []
    for i in wanted:
        packed = specs[i].pack(listed[i], rows)
        if isinstance(packed, str):
            return refusal("INTERNAL", f"output {specs[i].name}: {packed}")
        contents.append(packed)
    return contents


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
