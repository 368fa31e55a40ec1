"""Serves a scikit-learn estimator or pipeline saved with joblib or skops.

A joblib file runs code when it is loaded: serve only files that you trust. A skops file is checked for types first.
"""

import argparse
import warnings
import zipfile
from typing import Any

import numpy as np

from ..classes import class_names
from ..model import Batch, LoadedModel, StartError
from ..options import one_of
from ..tensors import Signature, Tensor, datatype_of, texts
from .arrays import chosen, matrix, model_path, stated_signature, tensors_like
from .device import cpu_only
from .sklearn_table import Column, columns_of, first_step, takes_table

# The outputs that an estimator may have, and the method that gives each.
_METHODS = {
    "label": "predict",
    "value": "predict",
    "probabilities": "predict_proba",
    "decision": "decision_function",
    "transformed": "transform",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--outputs", type=one_of(*_METHODS), metavar="NAME,...", help=f"some of {', '.join(_METHODS)}")
    parser.add_argument("--input-datatype", choices=("FP32", "FP64"), default="FP32", help="of rows of numbers")
    parser.add_argument(
        "--trusted", default="", metavar="TYPE,...", help="types beyond scikit-learn's that a skops file may hold"
    )


def load(options: argparse.Namespace) -> LoadedModel:
    cpu_only(options, "scikit-learn")
    stated = stated_signature(options)
    # Rows come as arrays, in the order of the names.
    warnings.filterwarnings("ignore", message="X does not have valid feature names")
    estimator = _estimator(options)
    table = takes_table(estimator)
    columns = columns_of(estimator, _likely_outputs(estimator)) if stated is None and table else None
    if columns is not None:
        inputs = [column.tensor for column in columns]
    else:
        inputs = _inputs_of(estimator, options.input_datatype) if stated is None else stated.inputs
    names = [output.name for output in stated.outputs] if stated else options.outputs or _outputs_of(estimator)
    for name in names:
        if not hasattr(estimator, _METHODS.get(name, "")):
            raise StartError(f"output {name}: {type(estimator).__name__} has no {_METHODS.get(name, 'such output')}")

    votes = _votes(estimator)

    def compute(arrays: Any, wanted: Any) -> dict[str, np.ndarray]:
        rows = _features(inputs, arrays, table)
        if votes and "label" in wanted and "probabilities" in wanted:
            # Its own predict would compute them a second time.
            probabilities = estimator.predict_proba(rows)
            known = {"probabilities": probabilities, "label": estimator.classes_.take(probabilities.argmax(axis=1))}
        else:
            known = {}
        return {
            name: known[name] if name in known else _dense(getattr(estimator, _METHODS[name])(rows)) for name in wanted
        }

    row = None if columns is None else tuple(_value(column) for column in columns)
    answers = compute([np.repeat(one, 2) for one in row] if row else [spec.zeros(2) for spec in inputs], names)
    outputs = chosen(stated, tensors_like(names, answers.values()))

    def predict(batch: Batch) -> dict[str, np.ndarray]:
        return compute(batch.inputs, batch.wanted)

    signature = Signature(inputs, outputs)
    classes = _classes_of(estimator)
    return LoadedModel("scikit-learn", signature, predict, thread_safe=True, classes=classes, example=row)


def _value(column: Column) -> np.ndarray:
    dtype = column.tensor.dtype
    return np.array([column.example.encode()], object) if dtype is None else np.array([column.example], dtype)


def _likely_outputs(estimator: Any) -> list[Tensor]:
    """For a message: what it gives is known only when rows can be made."""
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        return [Tensor(_outputs_of(estimator)[0], "FP64")]
    label = Tensor("label", datatype_of(np.asarray(classes).dtype))
    return [label, *([Tensor("probabilities", "FP64", [len(classes)])] if hasattr(estimator, "predict_proba") else [])]


def _estimator(options: argparse.Namespace) -> Any:
    path = model_path(options)
    if not zipfile.is_zipfile(path):
        return _unpickled(path)
    import skops.io

    trusted = [name for name in options.trusted.split(",") if name]
    unknown = [name for name in skops.io.get_untrusted_types(file=path) if name not in trusted]
    if unknown:
        raise StartError(f"{path} holds types that are not trusted (see --trusted): {', '.join(unknown)}")
    return skops.io.load(path, trusted=trusted)


def _unpickled(path: str) -> Any:
    import joblib

    try:
        estimator = joblib.load(path)
    except MemoryError:
        raise
    except Exception as error:
        # A text that begins as an old pickle does names what no module can be called.
        if isinstance(error, ModuleNotFoundError) and all(map(str.isidentifier, (error.name or "").split("."))):
            remedy = "install its package (`skysail deploy --requirement`)"
            raise StartError(f"{path} needs the module {error.name}: {remedy}") from None
        # Whatever a pickle comes upon, in what is none, was cut off, or is of another version's classes.
        why = f"{type(error).__name__}: {error}"
        raise StartError(f"{path} cannot be loaded by joblib: it is no such file, or not a whole one ({why})") from None
    if not any(hasattr(estimator, method) for method in _METHODS.values()):
        kind = type(estimator).__name__
        raise StartError(f"{path} holds a {kind}, no estimator of scikit-learn: save the fitted one itself")
    return estimator


def _inputs_of(estimator: Any, datatype: str) -> list[Tensor]:
    if _takes_texts(estimator):
        return [Tensor("text", "BYTES")]
    count = getattr(estimator, "n_features_in_", None)
    if count is None:
        raise StartError(f"{type(estimator).__name__} does not state its inputs: give them with --signature")
    return [Tensor("x", datatype, [int(count)])]


def _takes_texts(estimator: Any) -> bool:
    from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer

    return isinstance(first_step(estimator), CountVectorizer | HashingVectorizer)


def _votes(estimator: Any) -> bool:
    """Whether its label is by scikit-learn's own code the class of the highest probability, the first of equals."""
    from sklearn.ensemble import BaggingClassifier, ExtraTreesClassifier, RandomForestClassifier
    from sklearn.pipeline import Pipeline

    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    known = isinstance(last, BaggingClassifier | ExtraTreesClassifier | RandomForestClassifier)
    return known and isinstance(last.classes_, np.ndarray)


def _outputs_of(estimator: Any) -> list[str]:
    from sklearn.base import is_classifier

    if is_classifier(estimator):
        return ["label", "probabilities"] if hasattr(estimator, "predict_proba") else ["label"]
    return ["value"] if hasattr(estimator, "predict") else ["transformed"]


def _classes_of(estimator: Any) -> list[str] | None:
    """In the order of its probabilities. Of several targets at once each has classes of its own: none are stated."""
    classes = getattr(estimator, "classes_", None)
    return class_names(classes) if isinstance(classes, np.ndarray) and classes.ndim == 1 else None


def _features(inputs: Any, arrays: Any, table: bool) -> Any:
    """One input is a matrix, or a list of texts; several, or what was fitted on a table, are the columns of one."""
    decoded = [texts(array) if array.dtype == object else array for array in arrays]
    if len(decoded) == 1 and not table:
        return decoded[0] if decoded[0].dtype == object else matrix(decoded[0])
    import pandas

    return pandas.DataFrame({spec.name: column.reshape(-1) for spec, column in zip(inputs, decoded, strict=True)})


def _dense(outputs: Any) -> np.ndarray:
    return outputs.toarray() if hasattr(outputs, "toarray") else np.asarray(outputs)
