"""What several adapters do with their arrays and options."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..model import StartError
from ..tensors import Signature, Tensor, datatype_of, read_signature_file


def model_path(options: argparse.Namespace) -> str:
    """Frameworks say the oddest things about a file that is missing."""
    if not Path(options.model).exists():
        raise StartError(f"{options.model}: no such file or folder")
    return options.model


def stated_signature(options: argparse.Namespace) -> Signature | None:
    """Of `--signature`."""
    try:
        return None if options.signature is None else read_signature_file(options.signature)
    except ValueError as error:
        raise StartError(f"--signature: {error}") from None


def only_input(signature: Signature, framework: str) -> list[Tensor]:
    """Of a framework whose models take one matrix. Raises StartError where the signature states more."""
    if len(signature.inputs) == 1:
        return list(signature.inputs)
    names = ", ".join(spec.name for spec in signature.inputs)
    raise StartError(
        f"--signature: {framework} takes one input, a row of features, not {len(signature.inputs)} ({names})"
    )


def matrix(array: np.ndarray) -> np.ndarray:
    """Rows of features, whatever the shape of a row."""
    return array.reshape(len(array), -1)


def tensors_like(names: Iterable[str], arrays: Iterable[np.ndarray]) -> list[Tensor]:
    """Outputs as the model gave them for some rows."""
    return [Tensor(name, datatype_of(array.dtype), array.shape[1:]) for name, array in zip(names, arrays, strict=True)]


def chosen(signature: Signature | None, outputs: Sequence[Tensor]) -> list[Tensor]:
    """The outputs that the signature states; all, without one. Raises StartError for one that the model lacks."""
    if signature is None:
        return list(outputs)
    known = [output.name for output in outputs]
    for output in signature.outputs:
        if output.name not in known:
            raise StartError(f"--signature: the model has no output {output.name}: {', '.join(known)}")
    return list(signature.outputs)


def counted_classes(example: Mapping[str, np.ndarray]) -> list[str] | None:
    """Of a framework whose classifiers know their classes as 0 to K-1, by the probabilities that one gave."""
    probabilities = example.get("probabilities")
    return None if probabilities is None else [str(i) for i in range(probabilities.shape[1])]


def labels_of(probabilities: np.ndarray) -> np.ndarray:
    """The class of the highest probability, the first of equals."""
    return probabilities.argmax(axis=1).astype(np.int64)
