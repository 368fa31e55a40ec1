"""Calls a framework directly, in this one process, on one thread: `direct.py FRAMEWORK MODEL [DEVICE] < tensors`.
DEVICE is for PyTorch, by default cpu.

Stdin: a line of JSON {"dtype", "shape"} of a row, then all rows' bytes. Stdout: a line of JSON with the time that a
row alone takes and the rows a second at each batch size.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")

import numpy as np

SIZES = [2**power for power in range(9)]
SECONDS = 1.0
ONE_ROW_CALLS = 300


def sklearn(path):
    import joblib

    model = joblib.load(path)
    return lambda rows: (model.predict(rows), model.predict_proba(rows))


def onnx(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options)
    name = session.get_inputs()[0].name
    return lambda rows: session.run(None, {name: rows})


def xgboost(path):
    import xgboost

    model = xgboost.Booster(params={"nthread": 1}, model_file=path)
    return lambda rows: model.inplace_predict(rows)


def lightgbm(path):
    import lightgbm

    model = lightgbm.Booster(model_file=path)
    return lambda rows: model.predict(rows, num_threads=1)


def vw(path):
    from vowpalwabbit import Workspace

    model = Workspace(arg_list=["-i", path, "-t", "--quiet"])

    def text(row):
        return "|x " + " ".join(f"{i}:{value:.9g}" for i, value in enumerate(row) if value != 0)

    return lambda rows: [model.predict(text(row)) for row in rows.tolist()]


def caffe(path):
    import cv2

    cv2.setNumThreads(1)
    (prototxt,), (weights,) = Path(path).glob("*.prototxt"), Path(path).glob("*.caffemodel")
    net = cv2.dnn.readNetFromCaffe(str(prototxt), str(weights))

    def call(rows):
        net.setInput(rows)
        return net.forward()

    return call


def pytorch(path, device="cpu"):
    import torch
    from torch.export.passes import move_to_device_pass

    torch.set_num_threads(1)
    if Path(path).suffix == ".pt2":
        module = move_to_device_pass(torch.export.load(path), device).module()
    else:
        module = torch.jit.load(path, map_location=device).eval()

    def call(rows):
        with torch.inference_mode():
            answers = module(torch.tensor(rows, device=device))
            return {name: value.numpy(force=True) for name, value in answers.items()}

    return call


def tensorflow(path):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    model = tf.saved_model.load(path)
    serve = model.signatures["serving_default"]
    name = next(iter(serve.structured_input_signature[1]))
    return lambda rows: {key: value.numpy() for key, value in serve(**{name: tf.constant(rows)}).items()}


def spark(path):
    from pyspark.ml import PipelineModel
    from pyspark.ml.functions import array_to_vector
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    session = builder.config("spark.log.level", "ERROR").config("spark.ui.showConsoleProgress", "false").getOrCreate()
    model = PipelineModel.load(Path(path).as_uri())

    def call(rows):
        frame = session.createDataFrame([(row,) for row in rows.tolist()], ["x"])
        answers = model.transform(frame.select(array_to_vector("x").alias("features")))
        return answers.select("prediction", "probability").collect()

    return call


def take(rows, at, count):
    return np.take(rows, range(at, at + count), axis=0, mode="wrap")


def milliseconds(call, rows, count, calls):
    taken = []
    for i in range(calls):
        batch = take(rows, i * count, count)
        begun = time.perf_counter()
        call(batch)
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def rate(call, rows, size):
    call(take(rows, 0, size))
    taken = []
    while sum(taken) < SECONDS * 1000:
        taken += milliseconds(call, rows, size, 1)
    return {"perSecond": size * len(taken) * 1000 / sum(taken), "p99Ms": float(np.quantile(taken, 0.99))}


def main():
    framework, path, *device = sys.argv[1:]
    header = json.loads(sys.stdin.buffer.readline())
    rows = np.frombuffer(sys.stdin.buffer.read(), header["dtype"]).reshape(-1, *header["shape"])
    call = globals()[framework](path, *device)
    begun = time.perf_counter()
    milliseconds(call, rows, 1, 20)
    # A framework of tens of milliseconds a call is not asked as often.
    calls = max(30, min(ONE_ROW_CALLS, int(20 * 5 / (time.perf_counter() - begun))))
    alone = float(np.quantile(milliseconds(call, rows, 1, calls), 0.99))
    print(json.dumps({"oneRowP99Ms": alone, "sizes": {size: rate(call, rows, size) for size in SIZES}}))


main()
