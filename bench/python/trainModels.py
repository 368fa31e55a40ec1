#!/usr/bin/env python3
"""Train the models of the scenarios `batching-gain` and `batch-sweep` on MNIST and save them.

Each takes `pixels` [batch, 784], an image's bytes, and answers `label` [batch], the digit. Writes NAME.onnx and
NAME.joblib (the pipeline in scikit-learn) for each, signature.json, which says that to scikit-learn's wrapper, and
models.json, which says how often each is right about a thousand test images.
"""

import argparse
import json
import os
import time
import warnings
from pathlib import Path

# One BLAS thread: the order of floating-point sums, and so the models, stay the same from run to run.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import joblib
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

SEED = 20240229
PIXELS = 784
TRAINING_ROWS = 10_000
IMAGES_HEADER_BYTES = 16
LABELS_HEADER_BYTES = 8
OPSET = {"": 17, "ai.onnx.ml": 1}
IR_VERSION = 8
TEST_ROWS = 1000
SIGNATURE = {
    "inputs": [{"name": "pixels", "datatype": "UINT8", "shape": [PIXELS]}],
    "outputs": [{"name": "label", "datatype": "INT64", "shape": []}],
}


def build_models():
    return {
        "linear": LogisticRegression(C=0.1, max_iter=100),
        "forest": RandomForestClassifier(n_estimators=100, random_state=SEED),
        "kernel-svm": SVC(kernel="rbf", gamma="scale", C=5),
        # So large that its weights do not stay in a core's cache: what batches are for.
        "network": MLPClassifier((2048, 2048), max_iter=3, random_state=SEED),
    }


def load(folder, name):
    """Images as [rows, 784] bytes and their digits, from the files of the MNIST distribution."""
    images = np.fromfile(folder / f"{name}-images-idx3-ubyte", dtype=np.uint8)[IMAGES_HEADER_BYTES:]
    labels = np.fromfile(folder / f"{name}-labels-idx1-ubyte", dtype=np.uint8)[LABELS_HEADER_BYTES:]
    return images.reshape(-1, PIXELS), labels.astype(np.int64)


def scaled(images):
    return images.astype(np.float32) / np.float32(255)


def export(name, model):
    """The fitted model with its scaling in the graph, so that an image is sent as its bytes."""
    proto = convert_sklearn(
        model,
        name=name,
        initial_types=[("scaled", FloatTensorType([None, PIXELS]))],
        options={"zipmap": False},
        target_opset=OPSET,
    )
    proto.ir_version = IR_VERSION
    graph = proto.graph
    nodes = [
        helper.make_node("Cast", ["pixels"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["floats", "white"], ["scaled"]),
        *graph.node,
    ]
    del graph.node[:], graph.input[:], graph.output[:]
    graph.node.extend(nodes)
    graph.initializer.append(numpy_helper.from_array(np.array([255], dtype=np.float32), "white"))
    graph.input.append(helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", PIXELS]))
    graph.output.append(helper.make_tensor_value_info("label", TensorProto.INT64, ["batch"]))
    onnx.checker.check_model(proto)
    return proto.SerializeToString(deterministic=True)


def pipeline(model):
    """The fitted model behind its scaling, in scikit-learn's own terms."""
    white_and_black = np.array([[0] * PIXELS, [255] * PIXELS], dtype=np.float32)
    return Pipeline([("scaled", MinMaxScaler().fit(white_and_black)), ("model", model)])


def verify(name, model, content, images):
    """What was saved must answer as the model does."""
    rows = images[:TEST_ROWS]
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (labels,) = session.run(["label"], {"pixels": rows})
    for what, answers in (("ONNX model", labels), ("pipeline", pipeline(model).predict(rows))):
        agreeing = float((answers == model.predict(scaled(rows))).mean())
        if agreeing < 0.999:
            raise SystemExit(f"{name}: only {agreeing} of the {what}'s answers are the model's")


def main():
    parser = argparse.ArgumentParser(description="Train the models of the batching benchmarks.")
    parser.add_argument("--mnist", type=Path, required=True, help="folder with the four files of MNIST")
    parser.add_argument("--out", type=Path, required=True, help="folder for the models")
    arguments = parser.parse_args()
    # The network is trained for a fixed number of epochs.
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    images, labels = load(arguments.mnist, "train")
    test_images, test_labels = load(arguments.mnist, "t10k")
    arguments.out.mkdir(parents=True, exist_ok=True)
    report = {}
    for name, model in build_models().items():
        started = time.monotonic()
        model.fit(scaled(images[:TRAINING_ROWS]), labels[:TRAINING_ROWS])
        content = export(name, model)
        verify(name, model, content, test_images)
        (arguments.out / f"{name}.onnx").write_bytes(content)
        joblib.dump(pipeline(model), arguments.out / f"{name}.joblib")
        accuracy = float((model.predict(scaled(test_images[:TEST_ROWS])) == test_labels[:TEST_ROWS]).mean())
        report[name] = {"bytes": len(content), "accuracy": round(accuracy, 3)}
        if isinstance(model, SVC):
            report[name]["supportVectors"] = int(model.n_support_.sum())
        print(f"{name}: {report[name]}, {time.monotonic() - started:.0f} s", flush=True)
    (arguments.out / "signature.json").write_text(json.dumps(SIGNATURE) + "\n", encoding="utf-8")
    (arguments.out / "models.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
