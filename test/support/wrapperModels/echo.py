"""Echoes tensors of every datatype: numbers through their arrays, text through strings."""

from skysail_wrapper import Tensor, model, texts
from skysail_wrapper.tensors import DATATYPES


def tensors(prefix):
    return [Tensor(f"{prefix}_{datatype}", datatype, [2] if i % 2 == 0 else []) for i, datatype in enumerate(DATATYPES)]


@model(inputs=tensors("in"), outputs=tensors("out"))
def echo(*inputs):
    return [texts(array) if array.dtype == object else array for array in inputs]


echo.run()
