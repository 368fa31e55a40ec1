"""A plain Python function as a model."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from .model import Batch, LoadedModel
from .options import wrapper_parser
from .process import run_wrapper
from .tensors import Signature, Tensor


class FunctionModel:
    """What `@model` makes of a function: still callable, and served by `run`."""

    def __init__(
        self,
        function: Callable[..., Any],
        signature: Signature,
        *,
        thread_safe: bool,
        warm_up: bool,
        classes: Sequence[str] | None,
    ) -> None:
        self._function = function
        self._signature = signature
        self._thread_safe = thread_safe
        self._warm_up = warm_up
        self._classes = classes
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__

    def __call__(self, *inputs: Any) -> Any:
        return self._function(*inputs)

    def loaded(self) -> LoadedModel:
        return LoadedModel(
            "python", self._signature, self._predict, thread_safe=self._thread_safe, classes=self._classes
        )

    def run(self, argv: Sequence[str] | None = None) -> NoReturn:
        """Serves the function as this process: the last line of a wrapper's file."""
        parser = wrapper_parser(sys.argv[0], self.__doc__ or f"Serves {self.__name__}.", self.__name__)
        if not self._warm_up:
            parser.set_defaults(no_warm_up=True)
        run_wrapper(parser, lambda options: self.loaded(), sys.argv[1:] if argv is None else argv)

    def _predict(self, batch: Batch) -> Any:
        return self._function(*batch.inputs)


def model(
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    *,
    thread_safe: bool = False,
    warm_up: bool = True,
    classes: Sequence[str] | None = None,
) -> Callable[[Callable[..., Any]], FunctionModel]:
    """Makes a model of a function that takes one array per input, of shape (rows, *shape), and returns one array per
    output (or one array, or a mapping by name). `thread_safe` lets `--workers` call it from several threads;
    `warm_up=False` spares it the batches of zeros before it is ready; `classes` are a classifier's, in the order of its
    scores."""
    signature = Signature(inputs, outputs)
    return lambda function: FunctionModel(
        function, signature, thread_safe=thread_safe, warm_up=warm_up, classes=classes
    )
