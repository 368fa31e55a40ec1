"""What a model is to the server: a signature and something that answers batches."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .tensors import Signature


@dataclass(frozen=True, slots=True)
class Batch:
    """What a model is given: all rows of a request at once."""

    rows: int
    inputs: tuple[np.ndarray, ...]
    """One array per input of the signature, in its order, of shape (rows, *shape). Views of what came: read-only.
    A BYTES input is an array of bytes objects; `texts(array)` decodes it."""
    wanted: tuple[str, ...]
    """The outputs that were asked for. A model may leave out (give None for) any other."""
    refused: dict[int, str] = field(default_factory=dict, compare=False)
    """Why, by row, of those that `refuse` was called for."""

    def refuse(self, row: int, why: str) -> None:
        """This row is the caller's mistake: it alone fails, as INVALID_ARGUMENT. Whatever the outputs have in its place
        is not looked at; they must have something there."""
        if not 0 <= row < self.rows:
            raise IndexError(f"row {row} of {self.rows}")
        self.refused[row] = why


Outputs = Sequence[Any] | Mapping[str, Any] | np.ndarray


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory."""

    platform: str
    """The framework, as in the metadata: "scikit-learn", "pytorch"..."""
    signature: Signature
    predict: Callable[[Batch], Outputs]
    """One output per output of the signature, in its order or by its name: arrays, or for BYTES lists of texts. What
    it raises fails this batch only, and of several rows those only with which it raises again: it is called with parts
    of the batch then. A ValueError or TypeError is as much the model's failure as any other error; raise RequestError
    for rows that the caller should not have sent, or better say which with `batch.refuse`."""
    close: Callable[[], None] | None = None
    thread_safe: bool = False
    """Whether several threads may call `predict` at once. Otherwise each of `--workers` loads a model of its own."""
    cost_varies: bool = False
    """Whether a row costs what is in it, so that the rows of the warm-up say nothing: it then computes in a thread of
    its own, unless `--execution` says otherwise. With BYTES inputs that is so in any case."""
    classes: Sequence[str] | None = None
    """What a classifier calls its classes, in the order of its scores (`class_names` makes texts of them): also what an
    output of one label holds. None where it does not know: `--labels` can name them."""
    example: tuple[np.ndarray, ...] | None = None
    """One row of each input, to warm up with. Zeros and empty texts without it."""


class RequestError(Exception):
    """Raised by a model for rows that are the caller's mistake: they are refused as INVALID_ARGUMENT."""


class StartError(Exception):
    """Why a wrapper cannot start: one line for a person, who needs no stack."""
