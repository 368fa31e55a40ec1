"""A PyTorch module on a GPU, prepared for batches of given sizes."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from logging import getLogger
from time import perf_counter
from typing import Any

import numpy as np

from ..tensors import Tensor
from .batch_sizes import size_for, sizes_up_to

# More rows at once are computed in parts: they keep any GPU busy.
_MOST_ROWS = 256
# TorchScript looks on at the first run and compiles for the second.
_RUNS_BEFORE = 2

Module = Callable[..., Mapping[str, Any]]
"""Given the inputs in their order: the outputs by name."""


class SizedModule:
    """Calls the module with its inputs always at the same place in the device's memory, filled up to one of the sizes
    by the last row again. On a GPU what a call launches is recorded for each size when the module is loaded (CUDA
    graphs) and replayed then: one launch instead of one for each operation, which is most of what a few rows take.
    A module that cannot be recorded, since it looks at its numbers on the CPU, is called as it is.

    All calls are made in one thread: PyTorch keeps the plans of convolutions by thread."""

    def __init__(self, module: Module, inputs: Sequence[Tensor], device: str, *, most_rows: int, record: bool) -> None:
        self._module = module
        self._record = record
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="device")
        self._most_rows = 0
        self._replays: dict[int, tuple[Callable[[], None], Mapping[str, Any]]] = {}
        self._thread.submit(self._prepare, inputs, device, min(most_rows, _MOST_ROWS)).result()

    def __call__(self, arrays: Sequence[np.ndarray], wanted: Sequence[str] | None = None) -> dict[str, np.ndarray]:
        """The wanted outputs (all, without) of all rows. Raises what the module raises."""
        return self._thread.submit(self._answer, arrays, wanted).result()

    def _answer(self, arrays: Sequence[np.ndarray], wanted: Sequence[str] | None) -> dict[str, np.ndarray]:
        import torch

        with torch.inference_mode():
            rows, most = len(arrays[0]), self._most_rows
            parts = [self._part([a[at : at + most] for a in arrays], wanted) for at in range(0, rows, most)]
        return parts[0] if len(parts) == 1 else {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}

    def _part(self, arrays: Sequence[np.ndarray], wanted: Sequence[str] | None) -> dict[str, np.ndarray]:
        rows = len(arrays[0])
        size = size_for(rows)
        for array, staged in zip(arrays, self._staged, strict=True):
            staged[:rows] = array
            staged[rows:size] = array[-1]
        for host, on_device in zip(self._host, self._on_device, strict=True):
            on_device[:size].copy_(host[:size], non_blocking=True)
        outputs = self._outputs(size)
        # The others need not leave the device.
        return {
            name: (value[:rows] if value.ndim > 0 and len(value) == size else value).numpy(force=True)
            for name, value in outputs.items()
            if wanted is None or name in wanted
        }

    def _outputs(self, size: int) -> Mapping[str, Any]:
        recorded = self._replays.get(size)
        if recorded is None:
            return self._module(*self._inputs(size))
        replay, outputs = recorded
        replay()
        return outputs

    def _inputs(self, size: int) -> list[Any]:
        return [whole[:size] for whole in self._on_device]

    def _prepare(self, inputs: Sequence[Tensor], device: str, most_rows: int) -> None:
        import torch

        on_gpu = device != "cpu"
        if on_gpu:
            torch.cuda.set_device(device)
            # What is recorded must not be in the stream that everything waits for.
            torch.cuda.set_stream(torch.cuda.Stream())
        began = perf_counter()
        why: Exception | None = None
        sizes = sizes_up_to(most_rows)
        empty = [torch.from_numpy(spec.zeros(sizes[-1])) for spec in inputs]
        self._host = [tensor.pin_memory() if on_gpu else tensor.clone() for tensor in empty]
        self._staged = [tensor.numpy() for tensor in self._host]
        self._on_device = [tensor.to(device) for tensor in empty]
        with torch.inference_mode():
            recorded = self._record and on_gpu
            # The largest first: the others fit into the memory that it took.
            for size in reversed(sizes):
                why = self._why_not(size)
                if why is not None:
                    continue
                self._most_rows = self._most_rows or size
                recorded = recorded and self._recorded(size)
            if why is not None and self._most_rows == 0:
                raise why
        took_ms = round((perf_counter() - began) * 1000)
        fields = {"mostRows": self._most_rows, "recorded": len(self._replays), "ms": took_ms}
        getLogger("skysail-wrapper").info("prepared sizes of batches", extra={"fields": fields})

    def _why_not(self, size: int) -> Exception | None:
        """Runs it for the first times. Memory may be short, or the model may have been exported for other sizes."""
        import torch

        try:
            for _ in range(_RUNS_BEFORE):
                self._module(*self._inputs(size))
        except Exception as error:
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            return error
        return None

    def _recorded(self, size: int) -> bool:
        import torch

        graph = torch.cuda.CUDAGraph()
        if not self._replays:
            self._pool = torch.cuda.graph_pool_handle()
        try:
            with torch.cuda.graph(graph, pool=self._pool, stream=torch.cuda.current_stream()):
                outputs = self._module(*self._inputs(size))
        except RuntimeError as error:
            self._replays.clear()
            why = f"the model cannot be recorded as a CUDA graph, and is called operation by operation: {error}"
            getLogger("skysail-wrapper").warning(" ".join(why.split()))
            return False
        self._replays[size] = (graph.replay, outputs)
        return True
