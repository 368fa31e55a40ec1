"""Answers a row [how, value] with the value and its text, unless `how` is 1 (it raises, having said so), 2 (the row is
refused) or 3 (it takes a while and raises). Says how often it was called, and how often for texts."""

import logging
import sys
import time

from skysail_wrapper import LoadedModel, Signature, Tensor, run_wrapper, wrapper_parser

SIGNATURE = Signature([Tensor("x", "FP32", [2])], [Tensor("y", "FP32", [1]), Tensor("text", "BYTES")])


def predict(batch):
    logging.info("called")
    (x,) = batch.inputs
    if (x[:, 0] == 3).any():
        time.sleep(0.2)
    for how in (1, 3):
        if (x[:, 0] == how).any():
            raise ValueError(f"cannot bear {how}")
    for row in (x[:, 0] == 2).nonzero()[0]:
        batch.refuse(int(row), f"no row {int(x[row, 1])}")
    if "text" not in batch.wanted:
        return {"y": x[:, 1]}
    logging.info("texts")
    return {"y": x[:, 1], "text": [f"value {int(value)}" for value in x[:, 1]]}


parser = wrapper_parser("picky", __doc__, "picky")
parser.set_defaults(no_warm_up=True)
run_wrapper(parser, lambda options: LoadedModel("test", SIGNATURE, predict), sys.argv[1:])
