"""Fails in every way, chosen by the first row; 0 goes well."""

import sys

import numpy as np
from skysail_wrapper import Tensor, model


def raises(rows):
    raise RuntimeError("raised on purpose")


WAYS = [
    lambda rows: [np.zeros(rows, np.float32)],
    raises,
    lambda rows: sys.exit("exits on purpose"),
    lambda rows: [np.zeros(rows - 1, np.float32)],
    lambda rows: [np.zeros(rows + 1, np.float32)],
    lambda rows: [np.zeros(rows, np.int32)],
    lambda rows: None,
    lambda rows: [np.zeros(rows, np.float32)] * 2,
    lambda rows: [],
    lambda rows: [None],
]


@model(inputs=[Tensor("how", "INT32")], outputs=[Tensor("y", "FP32", [1])])
def failing(how):
    return WAYS[how[0]](len(how))


failing.run()
