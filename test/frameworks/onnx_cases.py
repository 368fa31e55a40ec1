"""ONNX Runtime: digits, converted from scikit-learn, and a model of two inputs."""

import numpy as np
import onnxruntime
from case import digits, folder, write_case
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.neural_network import MLPClassifier

train_x, train_y, test_x, _ = digits()
model = MLPClassifier([32], max_iter=60, random_state=1).fit(train_x, train_y)
path = folder() / "digits.onnx"
path.write_bytes(to_onnx(model, train_x[:1], options={"zipmap": False}).SerializeToString())
session = onnxruntime.InferenceSession(str(path))
label, probabilities = session.run(None, {"X": test_x})
write_case(
    "digits",
    "onnx",
    onnxruntime.__version__,
    [],
    path,
    {"X": ("FP32", test_x)},
    {"label": ("INT64", label.astype(np.int64)), "probabilities": ("FP32", probabilities)},
)

# Two inputs, one of them of texts, and a text among the outputs: what a fruit costs by its measures and its colour.
COLOURS = ["green", "yellow", "red"]
weights = numpy_helper.from_array(np.array([[0.5], [2], [-1], [0.25]], np.float32), "weights")
flat = numpy_helper.from_array(np.array([-1], np.int64), "flat")
graph = helper.make_graph(
    [
        helper.make_node(
            "LabelEncoder",
            ["colour"],
            ["code"],
            domain="ai.onnx.ml",
            keys_strings=COLOURS,
            values_floats=[1.0, 2.0, 3.0],
        ),
        helper.make_node("MatMul", ["measures", "weights"], ["column"]),
        helper.make_node("Reshape", ["column", "flat"], ["worth"]),
        helper.make_node("Add", ["worth", "code"], ["price"]),
        helper.make_node(
            "LabelEncoder", ["code"], ["name"], domain="ai.onnx.ml", keys_floats=[1.0, 2.0, 3.0], values_strings=COLOURS
        ),
    ],
    "fruit",
    [
        helper.make_tensor_value_info("measures", TensorProto.FLOAT, ["batch", 4]),
        helper.make_tensor_value_info("colour", TensorProto.STRING, ["batch"]),
    ],
    [
        helper.make_tensor_value_info("price", TensorProto.FLOAT, ["batch"]),
        helper.make_tensor_value_info("name", TensorProto.STRING, ["batch"]),
    ],
    [weights, flat],
)
opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
path = folder() / "fruit.onnx"
path.write_bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())
random = np.random.default_rng(1)
measures = random.normal(size=(120, 4)).astype(np.float32)
colours = random.choice(COLOURS, 120).astype(object)
session = onnxruntime.InferenceSession(str(path))
price, name = session.run(None, {"measures": measures, "colour": colours})
write_case(
    "fruit, of two inputs, one of texts",
    "onnx",
    onnxruntime.__version__,
    [],
    path,
    {"measures": ("FP32", measures), "colour": ("BYTES", list(colours))},
    {"price": ("FP32", price), "name": ("BYTES", list(name))},
)
