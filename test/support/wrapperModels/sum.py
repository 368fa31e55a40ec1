"""Adds two inputs."""

import numpy as np
from skysail_wrapper import Tensor, model


@model(
    inputs=[Tensor("a", "FP32", [3]), Tensor("b", "INT16", [2, 2])],
    outputs=[Tensor("total", "FP64"), Tensor("rank", "INT32", [1])],
)
def sum(a, b):
    """Two inputs of different types and sizes; `rank` is the row's own largest element of b."""
    total = a.sum(axis=1, dtype=np.float64) + b.sum(axis=(1, 2))
    return total, b.max(axis=(1, 2)).astype(np.int32)


sum.run()
