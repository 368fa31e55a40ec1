"""Serves a TensorFlow SavedModel (a folder) or a Keras model (.keras)."""

import argparse
import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..model import Batch, LoadedModel, StartError
from ..tensors import Signature, Tensor, datatype_of
from .arrays import chosen, model_path, stated_signature, tensors_like
from .device import cuda_index, require_device

# Given the inputs in their order, the outputs by their names.
Call = Callable[[Sequence[Any]], Mapping[str, Any]]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--signature-key", default="serving_default", help="of a SavedModel's signatures (%(default)s)")


def load(options: argparse.Namespace) -> LoadedModel:
    path = model_path(options)
    cuda_index(options)
    _import_in_silence()
    import tensorflow as tf

    device = _device(options)
    stated = stated_signature(options)
    with tf.device(device):
        call, inputs = _saved_model(path, options.signature_key) if Path(path).is_dir() else _keras(path)
    inputs = list(stated.inputs) if stated else inputs

    def compute(arrays: Sequence[np.ndarray], wanted: Sequence[str] | None = None) -> dict[str, np.ndarray]:
        with tf.device(device):
            outputs = call([tf.constant(array) for array in arrays])
        # The others need not leave the device.
        return {name: output.numpy() for name, output in outputs.items() if wanted is None or name in wanted}

    example = compute([spec.zeros(2) for spec in inputs])
    outputs = chosen(stated, tensors_like(example, example.values()))

    def predict(batch: Batch) -> dict[str, np.ndarray]:
        return compute(batch.inputs, batch.wanted)

    return LoadedModel("tensorflow", Signature(inputs, outputs), predict, thread_safe=True)


def _import_in_silence() -> None:
    """Native code greets with lines about the processor, before it has read any setting of its log."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    own, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        importlib.import_module("tensorflow")
    finally:
        os.dup2(own, 2)
        os.close(own)
        os.close(nowhere)


def _device(options: argparse.Namespace) -> str:
    import tensorflow as tf

    index, gpus = cuda_index(options), tf.config.list_physical_devices("GPU")
    if index is not None:
        require_device(options, "TensorFlow", index, len(gpus))
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    # Otherwise TensorFlow takes all the memory of every GPU that it sees.
    tf.config.set_visible_devices([] if index is None else gpus[index], "GPU")
    if index is None:
        return "/CPU:0"
    tf.config.experimental.set_memory_growth(gpus[index], True)
    return "/GPU:0"


def _saved_model(path: str, key: str) -> tuple[Call, list[Tensor]]:
    import tensorflow as tf

    loaded = tf.saved_model.load(path)
    if key not in loaded.signatures:
        raise StartError(f"{path} has no signature {key}: {', '.join(loaded.signatures) or 'none'} (--signature-key)")
    function = loaded.signatures[key]
    # By name: the file keeps them in no order, and each load may find another.
    specs = dict(sorted(function.structured_input_signature[1].items()))

    def call(tensors: Sequence[Any]) -> Mapping[str, Any]:
        # Of `loaded`, whose variables go when nobody holds it.
        return dict(sorted(loaded.signatures[key](**dict(zip(specs, tensors, strict=True))).items()))

    return call, [_tensor(name, spec.shape, spec.dtype) for name, spec in specs.items()]


def _keras(path: str) -> tuple[Call, list[Tensor]]:
    import keras
    import tensorflow as tf

    model = keras.models.load_model(path, compile=False)
    specs = [tf.TensorSpec(spec.shape, spec.dtype, spec.name) for spec in model.inputs]
    # A Sequential model has no names of outputs.
    names = getattr(model, "output_names", None) or [model.layers[-1].name]

    @tf.function(input_signature=[specs])
    def function(tensors: Sequence[Any]) -> Any:
        return model(tensors if len(tensors) > 1 else tensors[0], training=False)

    def call(tensors: Sequence[Any]) -> Mapping[str, Any]:
        result = function(tensors)
        if isinstance(result, Mapping):
            return result
        return dict(zip(names, result if isinstance(result, list | tuple) else [result], strict=True))

    return call, [_tensor(spec.name, spec.shape, tf.as_dtype(spec.dtype)) for spec in model.inputs]


def _tensor(name: str, shape: Sequence[int | None], dtype: Any) -> Tensor:
    batch, *row = tuple(shape) or (1,)
    if batch is not None:
        raise StartError(f"input {name}: the first dimension must be None, the batch, in {tuple(shape)}")
    if None in row:
        raise StartError(f"input {name}: dimensions after the batch must be fixed in {tuple(shape)}")
    return Tensor(name, datatype_of(np.dtype(dtype.as_numpy_dtype)), row)
