"""ONNX Runtime: digits, converted from scikit-learn."""

import numpy as np
import onnxruntime
from case import digits, folder, write_case
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
