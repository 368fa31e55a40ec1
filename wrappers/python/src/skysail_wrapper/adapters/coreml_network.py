"""Neural networks of Core ML, converted to ONNX: the layers that image classifiers and those over columns are made of.

`onnxmltools` has converters for them that its release neither registers nor can call. What it is known to convert as
Core ML's specification has it is listed here; anything else is refused by name.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..model import StartError

# Layers, and of those that come in several kinds which.
_LAYERS = frozenset(
    [
        "activation",
        "add",
        "batchnorm",
        "bias",
        "concat",
        "convolution",
        "crop",
        "flatten",
        "innerProduct",
        "lrn",
        "max",
        "min",
        "multiply",
        "padding",
        "permute",
        "pooling",
        "reshape",
        "scale",
        "softmax",
        "upsample",
    ]
)
_KINDS = {
    "activation": frozenset(["ReLU", "leakyReLU", "linear", "sigmoid", "sigmoidHard", "softplus", "softsign", "tanh"]),
    "padding": frozenset(("constant", "reflection")),
}


def prepare_converter() -> None:
    """Registers its converters of layers, and lets it feed an array to a network: it passes a variable's type where the
    package beside it takes a class."""
    import onnxmltools.convert.coreml.operator_converters.neural_network
    import onnxmltools.convert.coreml.shape_calculators.neural_network  # noqa: F401
    from onnxmltools.convert.coreml import _parse as parser

    def conversion(source_type: Any, target_type: Any) -> str:
        if isinstance(source_type, type(target_type)):
            return "identity"
        raise TypeError(f"a network's input is {type(source_type).__name__}, no array of numbers")

    parser.find_type_conversion = conversion


def make_convertible(specification: Any) -> bool:
    """Whether it has networks. Raises StartError for a layer that is not converted as it should be."""
    networks = list(_networks(specification))
    for description, network in networks:
        # 1: arrays as they are, instead of as channels, height and width.
        if getattr(network, "arrayInputShapeMapping", 0) == 1:
            raise StartError("the neural network takes its arrays in their exact shapes, which is not converted")
        for feature in description.input:
            shape = feature.type.multiArrayType.shape
            if feature.type.WhichOneof("Type") == "multiArrayType" and len(shape) not in (1, 3):
                raise StartError(f"input {feature.name} of the neural network has {len(shape)} dimensions, not 1 or 3")
        for layer in network.layers:
            problem = _problem(layer)
            if problem is not None:
                raise StartError(f"layer {layer.name} of the neural network: {problem}")
            _widen_weights(layer)
        _name_probabilities(description, network)
    return bool(networks)


def _networks(specification: Any) -> Iterator[tuple[Any, Any]]:
    kind = specification.WhichOneof("Type")
    part = getattr(specification, kind)
    if kind.startswith("neuralNetwork"):
        yield specification.description, part
    elif kind.startswith("pipeline"):
        for model in part.models if kind == "pipeline" else part.pipeline.models:
            yield from _networks(model)


def _problem(layer: Any) -> str | None:
    kind = layer.WhichOneof("layer")
    if kind not in _LAYERS:
        return f"{kind} is not converted: {', '.join(sorted(_LAYERS))} are"
    params = getattr(layer, kind)
    known = _KINDS.get(kind)
    which = params.WhichOneof(params.DESCRIPTOR.oneofs[0].name) if known else None
    if known and which not in known:
        return f"{kind} of kind {which} is not converted: {', '.join(sorted(known))} are"
    unlike = (
        (kind == "convolution" and params.isDeconvolution and "a deconvolution")
        or (kind == "batchnorm" and params.computeMeanVar and "statistics of each input")
        or (kind == "upsample" and params.mode != params.NN and "a bilinear upsampling")
        or (kind == "pooling" and params.type == params.L2 and "an L2 pooling")
        or (kind == "pooling" and _counts_padding(params) and "an average over padding")
        or (kind in ("flatten", "reshape") and params.mode != 0 and "a shape with the channels last")
        or (kind == "add" and len(layer.input) > 2 and "a sum of more than two")
    )
    return f"{unlike} is not converted" if unlike else None


def _counts_padding(params: Any) -> bool:
    return (
        params.type == params.AVERAGE
        and not params.globalPooling
        and not params.avgPoolExcludePadding
        and (
            params.WhichOneof("PoolingPaddingType") != "valid"
            or any(side.startEdgeSize or side.endEdgeSize for side in params.valid.paddingAmounts.borderAmounts)
        )
    )


def _widen_weights(layer: Any) -> None:
    """The converter reads weights of 32 bits only."""
    params = getattr(layer, layer.WhichOneof("layer"))
    for field, weights in params.ListFields():
        if field.message_type is None or field.message_type.name != "WeightParams":
            continue
        if weights.float16Value:
            weights.floatValue.extend(np.frombuffer(weights.float16Value, "<f2").astype(np.float32))
            weights.ClearField("float16Value")
        elif not weights.floatValue:
            raise StartError(f"layer {layer.name} of the neural network: its weights are quantised: save it without")


def _name_probabilities(description: Any, network: Any) -> None:
    """The converter finds a classifier's probabilities by their name among what layers make."""
    name = description.predictedProbabilitiesName
    made = getattr(network, "labelProbabilityLayerName", "")
    if not made or not name or any(name in layer.output for layer in network.layers):
        return
    for layer in network.layers:
        for names in (layer.input, layer.output):
            names[:] = [name if one == made else one for one in names]


def finish(graph: Any) -> None:
    """Of a converted network, for rows in batches."""
    _label_each_row(graph)
    _softmax_over_channels(graph)


def _label_each_row(graph: Any) -> None:
    """The converter picks labels by an operator that makes one row of them."""
    from onnx import TensorProto, helper

    makers = {name: node for node in graph.node for name in node.output}
    for place, node in reversed(list(enumerate(graph.node))):
        best = makers.get(node.input[1]) if node.op_type == "ArrayFeatureExtractor" else None
        if best is None or best.op_type != "ArgMax":
            continue
        (label,), (names, places) = node.output, node.input
        graph.initializer.append(helper.make_tensor(f"{label}_rows", TensorProto.INT64, [1], [-1]))
        flat = helper.make_node("Reshape", [places, f"{label}_rows"], [f"{label}_places"])
        graph.node.remove(node)
        graph.node.insert(place, helper.make_node("Gather", [names, f"{label}_places"], [label]))
        graph.node.insert(place, flat)
        for output in graph.output:
            if output.name == label:
                kind = output.type.tensor_type.elem_type
                output.CopyFrom(helper.make_tensor_value_info(label, kind, ["None"]))


def _softmax_over_channels(graph: Any) -> None:
    """Core ML's goes over the channels of each place. ONNX's of that age takes channels and places for one row."""
    from onnx import helper

    for place, node in reversed(list(enumerate(graph.node))):
        if node.op_type != "Softmax":
            continue
        (x,), (y,) = node.input, node.output
        graph.node.remove(node)
        steps = [
            helper.make_node("ReduceMax", [x], [f"{y}_most"], axes=[1]),
            helper.make_node("Sub", [x, f"{y}_most"], [f"{y}_below"]),
            helper.make_node("Exp", [f"{y}_below"], [f"{y}_powers"]),
            helper.make_node("ReduceSum", [f"{y}_powers"], [f"{y}_sum"], axes=[1]),
            helper.make_node("Div", [f"{y}_powers", f"{y}_sum"], [y]),
        ]
        for step in reversed(steps):
            graph.node.insert(place, step)
