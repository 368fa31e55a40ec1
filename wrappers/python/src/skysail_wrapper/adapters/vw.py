"""Serves a Vowpal Wabbit model: its text format in, or dense numbers; contextual bandits with their probabilities."""

import argparse
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..model import Batch, LoadedModel, RequestError, StartError
from ..options import positive_integer
from ..tensors import Signature, Tensor, texts
from .arrays import model_path
from .device import cpu_only


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dense", type=positive_integer, metavar="N", help="rows are N numbers instead of VW's text")
    parser.add_argument(
        "--namespace", default="x", help="of dense numbers, which are its features 0 to N-1 (%(default)s)"
    )
    parser.add_argument("--actions", type=positive_integer, metavar="K", help="of each row of a cb_explore_adf model")
    parser.add_argument("--classes", type=positive_integer, metavar="K", help="of a model with a score for each class")


def load(options: argparse.Namespace) -> LoadedModel:
    import vowpalwabbit

    cpu_only(options, "Vowpal Wabbit")
    if options.signature is not None:
        raise StartError(
            "--signature: a Vowpal Wabbit model's is made of --dense, --actions and --classes: leave it out"
        )
    path = model_path(options)
    try:
        workspace = vowpalwabbit.Workspace(arg_list=["--initial_regressor", path, "--testonly", "--quiet"])
    except RuntimeError as error:
        raise StartError(f"{path}: {error}") from None
    kind = workspace.get_prediction_type()
    read = _multiline if kind == workspace.pACTION_PROBS else _single_line
    output, store = _output_of(workspace, options)
    none = output.zeros(1)[0]
    line_of = _dense_line(options.namespace) if options.dense else None

    def predict(batch: Batch) -> list[np.ndarray]:
        (rows,) = batch.inputs
        lines = map(line_of, rows.tolist()) if line_of else texts(rows).tolist()

        def answer(row: int, line: str) -> Any:
            try:
                example = read(line, options.actions)
            except RequestError as error:
                batch.refuse(row, str(error))
                return none
            return workspace.predict(example)

        # One example at a time is all that VW's library offers.
        return [store([answer(row, line) for row, line in enumerate(lines)])]

    if options.dense:
        source, example = Tensor("x", "FP32", [options.dense]), None
    else:
        source, example = Tensor("example", "BYTES"), (np.array([_example(kind, workspace, options)], object),)
    signature = Signature([source], [output])
    classes = _classes_of(kind, workspace, options)
    return LoadedModel(
        "vowpal-wabbit",
        signature,
        predict,
        workspace.finish,
        # A feature of zero costs nothing.
        cost_varies=True,
        classes=classes,
        example=example,
    )


def _classes_of(kind: Any, workspace: Any, options: argparse.Namespace) -> list[str] | None:
    """VW counts classes from 1, unless the model was trained to count them from 0 (`--indexing 0`)."""
    if kind not in (workspace.pMULTICLASS, workspace.pSCALARS):
        return None
    arguments = workspace.get_arguments()
    stated = re.search(r"--(?:oaa|ect|csoaa|wap|log_multi)[ =](\d+)", arguments)
    count = int(stated[1]) if stated else options.classes
    if count is None:
        return None
    first = 0 if re.search(r"--indexing[ =]0", arguments) else 1
    return [str(i) for i in range(first, first + count)]


def _output_of(workspace: Any, options: argparse.Namespace) -> tuple[Tensor, Callable[[list[Any]], np.ndarray]]:
    """The output that the model's kind of prediction makes, and how predictions become its array."""
    kind = workspace.get_prediction_type()
    if kind == workspace.pMULTICLASS:
        return Tensor("label", "INT64"), lambda predictions: np.array(predictions, np.int64)
    if kind in (workspace.pSCALAR, workspace.pPROB):
        return Tensor("value", "FP32"), lambda predictions: np.array(predictions, np.float32)
    if kind == workspace.pACTION_PROBS:
        count = _required(options.actions, "--actions", "probabilities of actions")
        return Tensor("probabilities", "FP32", [count]), _floats
    if kind == workspace.pSCALARS:
        count = _required(options.classes, "--classes", "a score for each class")
        return Tensor("scores", "FP32", [count]), _floats
    raise StartError(f"predictions of kind {kind} cannot be served")


def _floats(predictions: list[list[float]]) -> np.ndarray:
    return np.array(predictions, np.float32)


def _required(count: int | None, option: str, what: str) -> int:
    if count is None:
        raise StartError(f"the model predicts {what}: say how many with {option}")
    return count


def _single_line(text: str, actions: int | None) -> str:
    if "\n" in text.rstrip("\n"):
        raise RequestError("an example of this model is one line")
    return text.rstrip("\n") or "|"


def _multiline(text: str, actions: int | None) -> list[str]:
    lines = text.strip("\n").split("\n")
    given = sum(not line.startswith("shared") for line in lines)
    if given != actions:
        raise RequestError(f"an example has {given} actions instead of {actions}")
    return lines


def _dense_line(namespace: str) -> Callable[[list[float]], str]:
    # A feature of zero is as good as none.
    return lambda row: f"|{namespace} " + " ".join(f"{i}:{value:.9g}" for i, value in enumerate(row) if value != 0)


def _example(kind: Any, workspace: Any, options: argparse.Namespace) -> bytes:
    """What the model is warmed up with."""
    if kind != workspace.pACTION_PROBS:
        return b"|"
    return "\n".join(["shared |"] + ["|"] * (options.actions or 0)).encode()
