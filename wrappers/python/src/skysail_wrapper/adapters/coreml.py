"""Serves a Core ML model (.mlmodel), as Turi Create and GraphLab Create export them, converted to ONNX.

Core ML itself runs on Apple's systems only. What `onnxmltools` converts: tree ensembles, generalised linear models,
support vector machines, feature engineering, pipelines of them, and neural networks of Core ML's first specifications.
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
from .onnx import load_session


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

        try:
            specification = Model_pb2.Model.FromString(Path(path).read_bytes())
            model = convert_coreml(specification, name=options.name)
        except Exception as error:
            # Whatever the converter meets in a file or a type of model that it does not know.
            raise StartError(f"{path} cannot be converted to ONNX: {type(error).__name__}: {error}") from None
    _tensors_for_maps(model.graph)
    loaded = load_session(model.SerializeToString(), options, "coreml")
    return replace(loaded, classes=_classes_of(specification))


def _classes_of(specification: Any) -> list[str] | None:
    part = getattr(specification, specification.WhichOneof("Type"))
    if hasattr(part, "pipeline"):
        return _classes_of(part.pipeline.models[-1])
    kind = part.WhichOneof("ClassLabels") if "ClassLabels" in part.DESCRIPTOR.oneofs_by_name else None
    return None if kind is None else class_names(getattr(part, kind).vector)


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
