"""Caffe: digits, a convolution whose weights scikit-learn trained on top of fixed filters, written as a caffemodel."""

import cv2
import numpy as np
from caffemodel import caffemodel
from case import digits, folder, write_case
from sklearn.linear_model import LogisticRegression

PROTOTXT = """
name: "digits"
layer { name: "data" type: "Input" top: "data" input_param { shape: { dim: 1 dim: 1 dim: 8 dim: 8 } } }
layer {
  name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 16 kernel_size: 3 pad: 1 }
}
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer {
  name: "scores" type: "InnerProduct" bottom: "pool" top: "scores"
  inner_product_param { num_output: 10 }
}
layer { name: "probabilities" type: "Softmax" bottom: "scores" top: "probabilities" }
"""

random = np.random.default_rng(1)
filters = random.normal(0, 0.5, (16, 1, 3, 3)).astype(np.float32)
offsets = random.normal(0, 0.1, 16).astype(np.float32)


def pooled(images):
    """Convolution, ReLU and pooling, in numpy."""
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded[:, 0], (3, 3), (1, 2))
    activated = np.maximum(np.einsum("nyxij,fij->nfyx", windows, filters[:, 0]) + offsets[:, None, None], 0)
    return activated.reshape(-1, 16, 4, 2, 4, 2).max((3, 5)).reshape(len(images), -1)


train_x, train_y, test_x, test_y = digits()
train_x, test_x = train_x.reshape(-1, 1, 8, 8), test_x.reshape(-1, 1, 8, 8)
trained = LogisticRegression(C=1, max_iter=300).fit(pooled(train_x), train_y)
assert trained.score(pooled(test_x), test_y) > 0.95

path = folder() / "digits"
path.mkdir(exist_ok=True)
(path / "deploy.prototxt").write_text(PROTOTXT)
layers = [("conv", "Convolution", [filters, offsets]), ("scores", "InnerProduct", [trained.coef_, trained.intercept_])]
(path / "digits.caffemodel").write_bytes(caffemodel("digits", layers))

net = cv2.dnn.readNetFromCaffe(str(path / "deploy.prototxt"), str(path / "digits.caffemodel"))
net.setInput(test_x)
probabilities = net.forward()
# The file says what was trained.
np.testing.assert_allclose(probabilities, trained.predict_proba(pooled(test_x)), atol=1e-4)
write_case(
    "digits",
    "caffe",
    cv2.__version__,
    [],
    path,
    {"data": ("FP32", test_x)},
    {"probabilities": ("FP32", probabilities)},
)
