"""Each layer of neural networks that the Core ML adapter serves, alone in a network and compared with numpy; and those
that it refuses, with what it says. One line of JSON for each."""

import argparse
import json
import logging
import os
import sys
from pathlib import Path

import numpy as np
from coremltools.models import datatypes
from coremltools.models.neural_network import NeuralNetworkBuilder

logging.disable(logging.WARNING)
# What the converter prints is not the test's.
own = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from skysail_wrapper import StartError  # noqa: E402
from skysail_wrapper.adapters import coreml  # noqa: E402
from skysail_wrapper.model import Batch  # noqa: E402

ROWS, CHANNELS, HEIGHT, WIDTH = 100, 4, 9, 7
FILE = Path(sys.argv[1]) / "layer.mlmodel"
FILE.parent.mkdir(parents=True, exist_ok=True)
draw = np.random.default_rng(1)


def normal(*shape):
    return draw.normal(size=shape).astype(np.float32)


def loaded(build, shape, size, change=lambda specification: None):
    builder = NeuralNetworkBuilder([("x", datatypes.Array(*shape))], [("y", datatypes.Array(*size))])
    build(builder)
    change(builder.spec)
    FILE.write_bytes(builder.spec.SerializeToString())
    return coreml.load(argparse.Namespace(model=str(FILE), name="layer", signature=None, device="cpu", threads=1))


def check(name, build, reference, shape=(CHANNELS, HEIGHT, WIDTH)):
    x = normal(ROWS, *shape)
    expected = reference(x)
    model = loaded(build, shape, expected.shape[1:])
    (y,) = model.predict(Batch(rows=ROWS, inputs=(x,), wanted=("y",))).values()
    agrees = y.shape == expected.shape and bool(np.allclose(y, expected, atol=1e-4))
    print(json.dumps({"layer": name, "agrees": agrees, "rows": ROWS}), file=own)


def refuse(name, build, shape=(CHANNELS, HEIGHT, WIDTH), **more):
    try:
        loaded(build, shape, shape, **more)
        why = None
    except StartError as error:
        why = str(error)
    print(json.dumps({"layer": name, "refused": why}), file=own)


def windows(x, size, step, pads=((0, 0), (0, 0)), fill=0.0, apart=1):
    padded = np.pad(x, ((0, 0), (0, 0), *pads), constant_values=fill)
    reach = (size - 1) * apart + 1
    view = np.lib.stride_tricks.sliding_window_view(padded, (reach, reach), axis=(2, 3))
    return view[:, :, ::step, ::step, ::apart, ::apart]


def same(size, step):
    """What SAME pads: more behind than before."""

    def side(length):
        whole = max(0, (-(-length // step) - 1) * step + size - length)
        return whole // 2, whole - whole // 2

    return side(HEIGHT), side(WIDTH)


def convolved(x, weights, bias, step=1, pads=((0, 0), (0, 0)), groups=1, apart=1):
    view, ins = windows(x, 3, step, pads, apart=apart), weights.shape[2]
    parts = np.split(weights, groups, axis=3)
    made = [np.einsum("nchwij,ijco->nohw", view[:, g * ins : (g + 1) * ins], part) for g, part in enumerate(parts)]
    return np.concatenate(made, 1) + (0 if bias is None else bias[:, None, None])


def convolution(weights, bias, border="valid", step=1, groups=1, **more):
    way = {"input_name": "x", "output_name": "y", "border_mode": border, "groups": groups}
    sizes = {"height": 3, "width": 3, "stride_height": step, "stride_width": step}
    channels = {"kernel_channels": weights.shape[2], "output_channels": weights.shape[3]}
    return lambda b: b.add_convolution(
        "c", W=weights, b=bias, has_bias=bias is not None, **way, **sizes, **channels, **more
    )


def pooling(kind, size, step, border="VALID", **more):
    return lambda b: b.add_pooling("p", size, size, step, step, kind, border, "x", "y", **more)


weights, bias, grouped, deep = normal(3, 3, 4, 6), normal(6), normal(3, 3, 2, 6), normal(3, 3, 1, 4)
around = {f"padding_{side}": 1 for side in ("top", "bottom", "left", "right")}
ONE = ((1, 1), (1, 1))
check("convolution", convolution(weights, bias), lambda x: convolved(x, weights, bias))
check("convolution, same", convolution(weights, bias, "same"), lambda x: convolved(x, weights, bias, pads=ONE))
check(
    "convolution, same in steps",
    convolution(weights, None, "same", 2),
    lambda x: convolved(x, weights, None, 2, same(3, 2)),
)
check("convolution, padded", convolution(weights, bias, **around), lambda x: convolved(x, weights, bias, pads=ONE))
check("convolution, grouped", convolution(grouped, bias, groups=2), lambda x: convolved(x, grouped, bias, groups=2))
check("convolution, by channel", convolution(deep, None, groups=4), lambda x: convolved(x, deep, None, groups=4))
spread = convolution(weights, bias, dilation_factors=[2, 2])
check("convolution, dilated", spread, lambda x: convolved(x, weights, bias, apart=2))

gamma, beta, mean, variance = normal(4), normal(4), normal(4), np.abs(normal(4)) + 0.1
by_channel = lambda values: values[:, None, None]  # noqa: E731
check(
    "batchnorm",
    lambda b: b.add_batchnorm("n", 4, gamma, beta, mean, variance, input_name="x", output_name="y", epsilon=1e-3),
    lambda x: (x - by_channel(mean)) / np.sqrt(by_channel(variance) + 1e-3) * by_channel(gamma) + by_channel(beta),
)
scale = lambda b: b.add_scale("s", gamma, beta, True, "x", "y", shape_scale=[4], shape_bias=[4])  # noqa: E731
check("scale", scale, lambda x: x * by_channel(gamma) + by_channel(beta))
check("bias", lambda b: b.add_bias("s", beta, "x", "y", shape_bias=[4]), lambda x: x + by_channel(beta))

for kind, params, answer in (
    ("RELU", None, lambda x: np.maximum(x, 0)),
    ("SIGMOID", None, lambda x: 1 / (1 + np.exp(-x))),
    ("TANH", None, np.tanh),
    ("LEAKYRELU", [0.2], lambda x: np.where(x > 0, x, 0.2 * x)),
    ("LINEAR", [2.0, 0.5], lambda x: 2 * x + 0.5),
    ("SOFTPLUS", None, lambda x: np.log1p(np.exp(x))),
    ("SOFTSIGN", None, lambda x: x / (1 + np.abs(x))),
    ("SIGMOID_HARD", [0.3, 0.4], lambda x: np.clip(0.3 * x + 0.4, 0, 1)),
):
    check(f"activation {kind}", lambda b, k=kind, p=params: b.add_activation("a", k, "x", "y", p), answer)

check("pooling, max", pooling("MAX", 2, 2), lambda x: windows(x, 2, 2).max((-1, -2)))
check("pooling, max padded", pooling("MAX", 3, 2, **around), lambda x: windows(x, 3, 2, ONE, -np.inf).max((-1, -2)))
to_the_edge = lambda x: windows(x, 3, 2, same(3, 2), -np.inf).max((-1, -2))  # noqa: E731
check("pooling, max same", pooling("MAX", 3, 2, "SAME"), to_the_edge)
last = {"padding_top": 0, "padding_left": 0}
more = ((0, 1), (0, 1))
check(
    "pooling, max to the last pixel",
    pooling("MAX", 2, 2, "INCLUDE_LAST_PIXEL", **last),
    lambda x: windows(x, 2, 2, more, -np.inf).max((-1, -2)),
)
check("pooling, mean", pooling("AVERAGE", 2, 2), lambda x: windows(x, 2, 2).mean((-1, -2)))
check(
    "pooling, mean within",
    pooling("AVERAGE", 3, 1, exclude_pad_area=True, **around),
    lambda x: windows(x, 3, 1, ONE).sum((-1, -2)) / windows(np.ones_like(x), 3, 1, ONE).sum((-1, -2)),
)
whole = {"is_global": True}
check("pooling, mean of all", pooling("AVERAGE", 1, 1, **whole), lambda x: x.mean((2, 3), keepdims=True))
check("pooling, max of all", pooling("MAX", 1, 1, **whole), lambda x: x.max((2, 3), keepdims=True))

check("flatten", lambda b: b.add_flatten("f", 0, "x", "y"), lambda x: x.reshape(ROWS, -1))
check("reshape", lambda b: b.add_reshape("r", "x", "y", (2, 18, 7), 0), lambda x: x.reshape(ROWS, 2, 18, 7))
check("permute", lambda b: b.add_permute("p", (0, 2, 3, 1), "x", "y"), lambda x: x.transpose(0, 2, 3, 1))
inner = normal(5, 4)
check(
    "innerProduct",
    lambda b: b.add_inner_product("i", inner, bias[:5], 4, 5, True, "x", "y"),
    lambda x: x @ inner.T + bias[:5],
    (4,),
)


def softmax(x):
    powers = np.exp(x - x.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


for shape in ((4,), (4, 1, 1), (CHANNELS, HEIGHT, WIDTH)):
    check(f"softmax of {len(shape)} dimensions", lambda b: b.add_softmax("s", "x", "y"), softmax, shape)


def branches(mode):
    def build(b):
        b.add_activation("one", "RELU", "x", "one")
        b.add_activation("other", "TANH", "x", "other")
        b.add_elementwise("e", ["one", "other"], "y", mode)

    return build


for mode, join in (("ADD", np.add), ("MULTIPLY", np.multiply), ("MAX", np.maximum), ("MIN", np.minimum)):
    check(mode.lower(), branches(mode), lambda x, j=join: j(np.maximum(x, 0), np.tanh(x)))
check("add a number", lambda b: b.add_elementwise("e", ["x"], "y", "ADD", alpha=2.0), lambda x: x + 2)
check("concat", branches("CONCAT"), lambda x: np.concatenate([np.maximum(x, 0), np.tanh(x)], 1))
edges = ((0, 0), (0, 0), (3, 0), (1, 2))
check(
    "padding", lambda b: b.add_padding("p", 1, 2, 3, 0, 0.5, "x", "y"), lambda x: np.pad(x, edges, constant_values=0.5)
)
mirror = lambda b: b.add_padding("p", 1, 2, 3, 0, 0, "x", "y", padding_type="reflection")  # noqa: E731
check("padding, reflected", mirror, lambda x: np.pad(x, edges, mode="reflect"))
check("upsample", lambda b: b.add_upsample("u", 2, 2, "x", "y", mode="NN"), lambda x: x.repeat(2, 2).repeat(2, 3))
check("crop", lambda b: b.add_crop("c", 1, 1, 2, 1, [0, 0], ["x"], "y"), lambda x: x[:, :, 2:-1, 1:-1])
near = lambda x: np.stack([(x[:, max(0, i - 1) : i + 2] ** 2).sum(1) for i in range(4)], 1)  # noqa: E731
check("lrn", lambda b: b.add_lrn("l", "x", "y", 0.1, 0.75, 3, 1.0), lambda x: x / (1 + 0.1 / 3 * near(x)) ** 0.75)


def widths(bits):
    def change(specification):
        for layer in specification.neuralNetwork.layers:
            stored = layer.convolution.weights
            if bits == 16:
                stored.float16Value = np.array(stored.floatValue, "<f2").tobytes()
            else:
                stored.rawValue, stored.quantization.numberOfBits = bytes(len(stored.floatValue)), bits
            stored.ClearField("floatValue")

    return change


x = normal(ROWS, CHANNELS, HEIGHT, WIDTH)
half = loaded(convolution(weights, None), x.shape[1:], (6, 7, 5), widths(16))
(y,) = half.predict(Batch(rows=ROWS, inputs=(x,), wanted=("y",))).values()
close = bool(np.allclose(y, convolved(x, weights, None), atol=0.05))
print(json.dumps({"layer": "convolution of 16 bits", "agrees": close, "rows": ROWS}), file=own)

refuse("l2normalize", lambda b: b.add_l2_normalize("norm", "x", "y", epsilon=1e-6))
refuse("channels last", lambda b: b.add_flatten("flat", 1, "x", "y"))
refuse("prelu", lambda b: b.add_activation("act", "PRELU", "x", "y", gamma))
refuse("elu", lambda b: b.add_activation("act", "ELU", "x", "y", 0.5))
refuse("mean over padding", pooling("AVERAGE", 3, 1, exclude_pad_area=False, **around))
refuse("sum of three", lambda b: b.add_elementwise("sum", ["x", "x", "x"], "y", "ADD"))
refuse("quantised", convolution(weights, None), change=widths(8))
refuse(
    "exact",
    lambda b: b.add_softmax("s", "x", "y"),
    change=lambda spec: setattr(spec.neuralNetwork, "arrayInputShapeMapping", 1),
)
refuse("matrix", lambda b: b.add_softmax("s", "x", "y"), shape=(4, 4))
own.flush()
