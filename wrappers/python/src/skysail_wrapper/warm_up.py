"""Batches before the first query comes: the first runs of a framework allocate and choose kernels."""

import time

import numpy as np

from .model import Batch, LoadedModel, StartError
from .packing import packed_outputs
from .refusal import Refusal
from .request import Served

_ROWS = 64
_RUNS = 5
# Of a slow model fewer: how fast it is, is no question then.
_LONG_ENOUGH_MS = 1000.0


def warm_up(model: LoadedModel, served: Served) -> float:
    """Milliseconds of the fastest batch of 64 rows. Raises StartError where the outputs are not what is promised."""
    _run(model, served, 1)
    rows = min(_ROWS, served.max_rows)
    took_ms = [_run(model, served, rows)]
    while len(took_ms) < _RUNS and sum(took_ms) < _LONG_ENOUGH_MS:
        took_ms.append(_run(model, served, rows))
    return min(took_ms)


def _run(model: LoadedModel, served: Served, rows: int) -> float:
    signature = served.signature
    names = tuple(output.name for output in signature.outputs)
    example = model.example or tuple(spec.zeros(1) for spec in signature.inputs)
    batch = Batch(rows, tuple(np.repeat(row, rows, axis=0) for row in example), names)
    started = time.perf_counter()
    try:
        outputs = model.predict(batch)
    except Exception as error:
        raise StartError(f"the model failed on {rows} rows to warm up with (see --no-warm-up): {error}") from error
    took_ms = (time.perf_counter() - started) * 1000
    contents = packed_outputs(signature.outputs, range(len(names)), outputs, rows)
    if isinstance(contents, Refusal):
        raise StartError(contents.message)
    return took_ms
