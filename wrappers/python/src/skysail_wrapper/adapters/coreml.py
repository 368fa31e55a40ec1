"""Serves a Core ML model (.mlmodel), as Turi Create and GraphLab Create export them, converted to ONNX.

Core ML itself runs on Apple's systems only. What `onnxmltools` converts: tree ensembles, generalised linear models,
support vector machines, feature engineering, neural networks (`coreml_network`), and pipelines of them.
"""

import argparse
import logging
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..classes import class_names
from ..model import LoadedModel, StartError
from .arrays import model_path
from .coreml_network import finish, make_convertible, prepare_converter
from .onnx import add_options as add_options  # the command line looks for it here
from .onnx import load_session

# Of networks: later ones have other operators than those that `finish` knows.
_NETWORK_OPSET = 12


def load(options: argparse.Namespace) -> LoadedModel:
    path = model_path(options)
    # It warns of each part that only Apple's systems have.
    logging.getLogger("coremltools").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The converter's own list of the types of models that it knows has been lost from its release.
        import onnxmltools.convert.coreml.operator_converters
        import onnxmltools.convert.coreml.shape_calculators  # noqa: F401
        from coremltools.proto import Model_pb2
        from onnxmltools import convert_coreml

        _columns_for_scalars()
        prepare_converter()
        try:
            specification = Model_pb2.Model.FromString(Path(path).read_bytes())
            has_network = make_convertible(specification)
            opset = _NETWORK_OPSET if has_network else None
            model = convert_coreml(specification, name=options.name, target_opset=opset)
        except StartError:
            raise
        except Exception as error:
            # Whatever the converter meets in a file or a type of model that it does not know.
            raise StartError(f"{path} cannot be converted to ONNX: {type(error).__name__}: {error}") from None
    _trees_of_two_classes(model)
    _tensors_for_maps(model.graph)
    if has_network:
        finish(model.graph)
    loaded = load_session(model.SerializeToString(), options, "coreml")
    return replace(loaded, classes=_classes_of(specification))


def _classes_of(specification: Any) -> list[str] | None:
    part = getattr(specification, specification.WhichOneof("Type"))
    if hasattr(part, "pipeline"):
        return _classes_of(part.pipeline.models[-1])
    kind = part.WhichOneof("ClassLabels") if "ClassLabels" in part.DESCRIPTOR.oneofs_by_name else None
    return None if kind is None else class_names(getattr(part, kind).vector)


def _columns_for_scalars() -> None:
    """The converter reads a number or a text of Core ML as one of a single row, shape [1], and then refuses it where
    rows come as [N, 1]."""
    from onnxmltools.convert.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
    from onnxmltools.convert.coreml import _parse as parser

    original = parser._parse_coreml_feature
    columns = {"int64Type": Int64TensorType, "doubleType": FloatTensorType, "stringType": StringTensorType}

    def parse(feature: Any, opset: int, batch_size: Any = 1) -> Any:
        column = columns.get(feature.type.WhichOneof("Type"))
        return column([batch_size, 1]) if column else original(feature, opset, batch_size)

    parser._parse_coreml_feature = parse


def _trees_of_two_classes(model: Any) -> None:
    """ONNX Runtime takes an ensemble of two classes for one that scores the second alone: where each has a score, or
    that one is a softmax beside zero, its labels and probabilities are wrong."""
    from onnx import helper

    graph = model.graph
    for place, node in reversed(list(enumerate(graph.node))):
        given = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        labels = given.get("classlabels_int64s") or given.get("classlabels_strings") or []
        if node.op_type != "TreeEnsembleClassifier" or len(labels) != 2:
            continue
        if len(set(given["class_ids"])) == 1:
            if given["post_transform"] == b"SOFTMAX_ZERO":
                (transform,) = [one for one in node.attribute if one.name == "post_transform"]
                transform.s = b"LOGISTIC"
            continue
        del graph.node[place]
        for extra in reversed(_scored_trees(graph, node, given, labels)):
            graph.node.insert(place, extra)
        if all(one.domain != "" for one in model.opset_import):
            model.opset_import.append(helper.make_opsetid("", 13))


def _scored_trees(graph: Any, node: Any, given: dict[str, Any], labels: Any) -> list[Any]:
    """The scores of two classes as those of two targets, and the label of the higher, the first of equals."""
    from onnx import TensorProto, helper

    label, scores = node.output
    kind = TensorProto.INT64 if "classlabels_int64s" in given else TensorProto.STRING
    graph.initializer.append(helper.make_tensor(f"{label}_names", kind, [2], labels))
    trees = {
        name.replace("class_", "target_"): value for name, value in given.items() if not name.startswith("classlabels")
    }
    return [
        helper.make_node("TreeEnsembleRegressor", node.input, [scores], domain="ai.onnx.ml", n_targets=2, **trees),
        helper.make_node("ArgMax", [scores], [f"{label}_place"], axis=1, keepdims=0),
        helper.make_node("Gather", [f"{label}_names", f"{label}_place"], [label]),
    ]


def _tensors_for_maps(graph: Any) -> None:
    """A classifier's probabilities are a map from class to number in Core ML. Here they are a row of numbers, in the
    order of the specification's classes."""
    from onnx import TensorProto, helper

    for node in [node for node in graph.node if node.op_type == "ZipMap"]:
        (scores,), (name,) = node.input, node.output
        classes = max(len(helper.get_attribute_value(attribute)) for attribute in node.attribute)
        graph.node.remove(node)
        for other in graph.node:
            for names in (other.input, other.output):
                names[:] = [name if one == scores else one for one in names]
        (output,) = [output for output in graph.output if output.name == name]
        output.CopyFrom(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["None", classes]))
