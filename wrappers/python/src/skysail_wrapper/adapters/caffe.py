"""Serves a Caffe network, prototxt and caffemodel, with OpenCV's Caffe runtime (OpenCV 4)."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..model import Batch, LoadedModel, StartError
from ..options import positive_integer
from ..tensors import Signature, Tensor
from .arrays import chosen, model_path, stated_signature, tensors_like
from .device import cuda_index, require_device


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--prototxt", metavar="PATH", help="the network, unless it lies beside the caffemodel")
    parser.add_argument("--outputs", metavar="LAYER,...", help="instead of the layers at the network's end")
    parser.add_argument("--scale", type=float, default=1.0, help="of inputs, after the mean was taken (%(default)s)")
    parser.add_argument("--mean", type=_numbers, default=(), metavar="V,...", help="per channel, taken from inputs")
    parser.add_argument(
        "--detections",
        type=positive_integer,
        metavar="K",
        help="of each row, at most, where a layer DetectionOutput ends",
    )


def load(options: argparse.Namespace) -> LoadedModel:
    import cv2

    prototxt, weights = _files(options)
    cv2.setNumThreads(options.threads)
    try:
        net = cv2.dnn.readNetFromCaffe(str(prototxt), str(weights))
    except AttributeError:
        raise StartError(f"OpenCV {cv2.__version__} has no Caffe runtime any more: install a 4.x") from None
    except cv2.error as error:
        raise StartError(f"{weights} with {prototxt}: {error.err or error}") from None
    _choose_device(net, options)
    stated = stated_signature(options)
    inputs = list(stated.inputs) if stated else inputs_of(prototxt.read_text())
    names = options.outputs.split(",") if options.outputs else list(net.getUnconnectedOutLayersNames())
    unknown = [name for name in names if name not in net.getLayerNames()]
    if unknown:
        raise StartError(f"--outputs: the network has no layer {', '.join(unknown)}")

    def compute(rows: int, arrays: Sequence[np.ndarray], wanted: Sequence[str]) -> dict[str, np.ndarray]:
        for spec, array in zip(inputs, arrays, strict=True):
            net.setInput(array, spec.name, options.scale, options.mean)
        outputs = dict(zip(wanted, net.forward(wanted), strict=True))
        return {name: _by_row(name, output, rows, options.detections) for name, output in outputs.items()}

    example = compute(2, [spec.zeros(2) for spec in inputs], names)
    outputs = chosen(stated, tensors_like(example, example.values()))

    def predict(batch: Batch) -> dict[str, np.ndarray]:
        return compute(batch.rows, batch.inputs, batch.wanted)

    # A network holds the blobs of the batch that it computes.
    return LoadedModel("caffe", Signature(inputs, outputs), predict, thread_safe=False)


def _files(options: argparse.Namespace) -> tuple[Path, Path]:
    path = Path(model_path(options))
    if path.is_dir():
        return _only(path, "*.prototxt"), _only(path, "*.caffemodel")
    return Path(options.prototxt) if options.prototxt else _only(path.parent, "*.prototxt"), path


def _only(folder: Path, pattern: str) -> Path:
    files = list(folder.glob(pattern))
    if len(files) != 1:
        raise StartError(f"{folder} has {len(files)} files {pattern} instead of one (see --prototxt)")
    return files[0]


def _choose_device(net: object, options: argparse.Namespace) -> None:
    import cv2

    index = cuda_index(options)
    if index is None:
        return
    require_device(options, "OpenCV", index, cv2.cuda.getCudaEnabledDeviceCount())
    cv2.cuda.setDevice(index)
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_CUDA)
    net.setPreferableTarget(cv2.dnn.DNN_TARGET_CUDA)


def inputs_of(prototxt: str) -> list[Tensor]:
    """What the network states in either of Caffe's ways; its first dimension is the batch of its training."""
    text = re.sub(r"#.*", "", prototxt)
    dims = r"\{((?:\s*dim\s*:\s*\d+)+)\s*\}"
    names = re.findall(r'^\s*input\s*:\s*"([^"]+)"', text, re.M)
    shapes = re.findall(rf"^\s*input_shape\s*:?\s*{dims}", text, re.M)
    if not shapes and names:
        flat = re.findall(r"^\s*input_dim\s*:\s*(\d+)", text, re.M)
        shapes = [" ".join(flat[i : i + 4]) for i in range(0, len(flat), 4)]
    for layer in re.findall(
        r'layer\s*\{[^{}]*type\s*:\s*"Input".*?input_param\s*\{\s*shape\s*:?\s*\{[^}]*\}', text, re.S
    ):
        names += re.findall(r'top\s*:\s*"([^"]+)"', layer)
        shapes += re.findall(rf"shape\s*:?\s*{dims}", layer)
    if not names or len(names) != len(shapes):
        raise StartError("the prototxt does not state its inputs: give them with --signature")
    sizes = [[int(size) for size in re.findall(r"\d+", shape)] for shape in shapes]
    return [Tensor(name, "FP32", shape[1:]) for name, shape in zip(names, sizes, strict=True)]


def _by_row(name: str, output: np.ndarray, rows: int, detections: int | None) -> np.ndarray:
    """DetectionOutput gives the detections of all rows in one list, each with its row, and zeros behind them."""
    if output.shape[:2] != (1, 1) or output.ndim != 4 or output.shape[3] != 7:
        return output
    if detections is None:
        raise StartError(f"layer {name} detects: say how many of each row are wanted with --detections")
    found = np.zeros((rows, detections, 6), np.float32)
    for row in range(rows):
        of_row = output[0, 0, (output[0, 0, :, 0] == row) & (output[0, 0, :, 2] > 0), 1:]
        best = of_row[np.argsort(-of_row[:, 1], kind="stable")][:detections]
        found[row, : len(best)] = best
    return found


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError("It must be numbers, separated by commas.") from None
