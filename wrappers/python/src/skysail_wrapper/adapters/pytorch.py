"""Serves a PyTorch model saved as TorchScript (torch.jit.save) or as an exported program (torch.export.save, .pt2)."""

import argparse
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..model import Batch, LoadedModel, StartError
from ..tensors import Signature, Tensor, datatype_of
from .arrays import chosen, model_path, stated_signature, tensors_like
from .device import cuda_index, require_device
from .sized_module import SizedModule


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cuda-graphs",
        choices=("auto", "off"),
        default="auto",
        help="on a GPU: record what the model launches for each size of batch, where it can be recorded (%(default)s)",
    )


def load(options: argparse.Namespace) -> LoadedModel:
    import torch

    device = _device(options)
    torch.set_num_threads(options.threads)
    stated = stated_signature(options)
    module, inputs = _module(model_path(options), device, stated)

    def named(*tensors: Any) -> dict[str, Any]:
        return _named(module(*tensors), stated)

    def on_cpu(arrays: Sequence[np.ndarray], wanted: Sequence[str] | None = None) -> dict[str, np.ndarray]:
        # Copies: a model may write into its inputs, and the bytes of a request must not change.
        tensors = [torch.tensor(array) for array in arrays]
        with torch.inference_mode():
            outputs = named(*tensors)
        return {name: value.numpy(force=True) for name, value in outputs.items() if wanted is None or name in wanted}

    compute = on_cpu
    if device != "cpu":
        record = options.cuda_graphs == "auto"
        compute = SizedModule(named, inputs, device, most_rows=options.max_rows, record=record)
    example = compute([spec.zeros(2) for spec in inputs])
    outputs = chosen(stated, tensors_like(example, example.values()))

    def predict(batch: Batch) -> dict[str, np.ndarray]:
        return compute(batch.inputs, batch.wanted)

    return LoadedModel("pytorch", Signature(inputs, outputs), predict, thread_safe=True)


def _device(options: argparse.Namespace) -> str:
    import torch

    index = cuda_index(options)
    if index is None:
        return "cpu"
    require_device(options, "PyTorch", index, torch.cuda.device_count())
    return f"cuda:{index}"


def _module(path: str, device: str, stated: Signature | None) -> tuple[Callable[..., Any], Sequence[Tensor]]:
    """The model on its device, and its inputs."""
    import torch

    names = zipfile.ZipFile(path).namelist() if zipfile.is_zipfile(path) else []
    if any(name.endswith("/archive_format") for name in names):
        from torch.export.passes import move_to_device_pass

        program = torch.export.load(path)
        inputs = stated.inputs if stated else _inputs_of(program)
        return move_to_device_pass(program, device).module(), inputs
    if not any(name.endswith("/constants.pkl") for name in names):
        raise StartError(f"{path} holds no model, perhaps weights alone: save with torch.export.save or torch.jit.save")
    if stated is None:
        raise StartError(f"{path} is TorchScript, which does not state its inputs: give them with --signature")
    return torch.jit.load(path, map_location=device).eval(), stated.inputs


def _inputs_of(program: Any) -> list[Tensor]:
    names = program.graph_signature.user_inputs
    values = {node.name: node.meta["val"] for node in program.graph.nodes if node.op == "placeholder"}
    return [_tensor(name, values[name]) for name in names]


def _tensor(name: str, value: Any) -> Tensor:
    batch, *shape = value.shape or (1,)
    if isinstance(batch, int):
        raise StartError(f"input {name}: export with a dynamic first dimension, the batch, instead of {batch}")
    if not all(isinstance(size, int) for size in shape):
        raise StartError(f"input {name}: dimensions after the batch must be fixed in {list(value.shape)}")
    dtype = np.dtype(str(value.dtype).removeprefix("torch."))
    return Tensor(name, datatype_of(dtype), shape)


def _named(result: Any, stated: Signature | None) -> dict[str, Any]:
    """A mapping's outputs have names; others those of the signature, or output_0, output_1..., or output alone."""
    if isinstance(result, Mapping):
        return dict(result)
    values = result if isinstance(result, tuple | list) else [result]
    if stated is not None and len(stated.outputs) == len(values):
        names = [output.name for output in stated.outputs]
    else:
        names = ["output"] if len(values) == 1 else [f"output_{i}" for i in range(len(values))]
    return dict(zip(names, values, strict=True))
