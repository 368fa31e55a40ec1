"""Serves a model saved as ONNX, with ONNX Runtime."""

import argparse
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from ..model import Batch, LoadedModel, StartError
from ..options import positive_integer
from ..tensors import Signature, Tensor, texts
from .arrays import model_path, stated_signature
from .batch_sizes import in_parts
from .device import cuda_index

_DATATYPES = {
    "tensor(bool)": "BOOL",
    "tensor(uint8)": "UINT8",
    "tensor(uint16)": "UINT16",
    "tensor(uint32)": "UINT32",
    "tensor(uint64)": "UINT64",
    "tensor(int8)": "INT8",
    "tensor(int16)": "INT16",
    "tensor(int32)": "INT32",
    "tensor(int64)": "INT64",
    "tensor(float16)": "FP16",
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
    "tensor(string)": "BYTES",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--gpu-rows",
        type=positive_integer,
        default=32,
        metavar="N",
        help="of each call on a GPU: fewer are filled up, more go in parts, since each size is planned (%(default)s)",
    )


def load(options: argparse.Namespace) -> LoadedModel:
    return load_session(model_path(options), options, "onnxruntime")


def load_session(model: Any, options: argparse.Namespace, platform: str) -> LoadedModel:
    """`model` is a path, or the bytes of one."""
    import onnxruntime

    session_options = onnxruntime.SessionOptions()
    session_options.intra_op_num_threads = options.threads
    session_options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, session_options, providers=[_provider(options)])
    # Where CUDA cannot start it computes on the CPU instead, having printed why.
    if options.device != "cpu" and "CUDAExecutionProvider" not in session.get_providers():
        raise StartError(f"--device {options.device}: ONNX Runtime cannot use CUDA here, see docs/gpu.md")
    signature = stated_signature(options) or Signature(
        [_tensor("input", one) for one in session.get_inputs()],
        [_tensor("output", one) for one in session.get_outputs()],
    )
    names = [spec.name for spec in signature.inputs]

    def run(wanted: Sequence[str], arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        return session.run(wanted, dict(zip(names, arrays, strict=True)))

    # Convolutions are planned anew whenever the shape of the inputs is another one than in the call before.
    compute = run if options.device == "cpu" else partial(in_parts, run, options.gpu_rows)

    def predict(batch: Batch) -> dict[str, np.ndarray]:
        arrays = [texts(array) if array.dtype == object else array for array in batch.inputs]
        return dict(zip(batch.wanted, compute(batch.wanted, arrays), strict=True))

    return LoadedModel(platform, signature, predict, thread_safe=True)


def _provider(options: argparse.Namespace) -> Any:
    import onnxruntime

    index = cuda_index(options)
    if index is None:
        return "CPUExecutionProvider"
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        what = "this onnxruntime has no CUDA: install onnxruntime-gpu instead, see docs/gpu.md"
        raise StartError(f"--device {options.device}: {what}")
    # CUDA's and cuDNN's libraries where they are Python packages: the loader looks for them elsewhere.
    if hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()
    # The other searches try every algorithm, for seconds.
    return ("CUDAExecutionProvider", {"device_id": index, "cudnn_conv_algo_search": "HEURISTIC"})


def _tensor(kind: str, stated: Any) -> Tensor:
    """Of what the file states. Raises StartError, naming the tensor, where rows cannot be batched by it."""
    where = f"{kind} {stated.name}"
    datatype = _DATATYPES.get(stated.type)
    if datatype is None:
        raise StartError(f"{where} is {stated.type}, no tensor of the protocol (leave it out with --signature)")
    batch, *shape = stated.shape or [1]
    in_words = f"[{','.join(map(str, stated.shape))}]"
    if isinstance(batch, int):
        raise StartError(
            f"{where}: the first dimension must be variable, the batch, in {in_words} (or use --signature)"
        )
    if not all(isinstance(size, int) and size > 0 for size in shape):
        raise StartError(f"{where}: dimensions after the batch must be fixed in {in_words} (or use --signature)")
    return Tensor(stated.name, datatype, shape)
