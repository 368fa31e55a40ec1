"""Each row's first element: what a wrapper costs without a model."""

import sys

from skysail_wrapper import LoadedModel, Signature, Tensor, run_wrapper, wrapper_parser
from skysail_wrapper.options import positive_integer


def load(options):
    signature = Signature([Tensor("x", "FP32", [options.width])], [Tensor("y", "FP32", [1])])
    return LoadedModel("noop", signature, lambda batch: [batch.inputs[0][:, :1]], thread_safe=True)


parser = wrapper_parser("noop", __doc__, "noop")
parser.add_argument("--width", type=positive_integer, default=8)
run_wrapper(parser, load, sys.argv[1:])
