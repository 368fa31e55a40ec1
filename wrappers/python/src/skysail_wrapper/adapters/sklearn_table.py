"""The inputs of scikit-learn models that were fitted on a table: one for each column that a ColumnTransformer takes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..model import StartError
from ..tensors import Tensor


@dataclass(frozen=True)
class Column:
    tensor: Tensor
    example: Any
    """A value that the column's transformer takes."""


def first_step(estimator: Any) -> Any:
    from sklearn.pipeline import Pipeline

    while isinstance(estimator, Pipeline):
        estimator = next((step for _, step in estimator.steps if step not in (None, "passthrough")), None)
    return estimator


def takes_table(estimator: Any) -> bool:
    from sklearn.compose import ColumnTransformer

    first = first_step(estimator)
    return isinstance(first, ColumnTransformer) and hasattr(first, "feature_names_in_")


def columns_of(estimator: Any, outputs: Sequence[Tensor]) -> list[Column]:
    """In the table's order. What a column holds, its transformer tells: texts, or else numbers. Raises StartError where
    it does not, with a signature to start from that has these `outputs`."""
    first = first_step(estimator)
    found: dict[str, Column | None] = {}
    for name, transformer, columns in _parts(first):
        column = _column(name, transformer, columns)
        found[name] = found.get(name) or column
    names = [name for name in first.feature_names_in_ if name in found]
    unknown = [name for name in names if found[name] is None]
    if unknown:
        inputs = [found[name].tensor if found[name] else Tensor(name, "FP64") for name in names]
        example = json.dumps({"inputs": _specs(inputs), "outputs": _specs(outputs)})
        what = f"{type(estimator).__name__} does not say what its columns {', '.join(unknown)} hold"
        raise StartError(f"{what}: say it with --signature FILE, FP64 or INT64 for numbers, BYTES for texts: {example}")
    return [found[name] for name in names]


def _specs(tensors: Sequence[Tensor]) -> list[dict[str, Any]]:
    return [{"name": one.name, "datatype": one.datatype, "shape": list(one.shape)} for one in tensors]


def _parts(first: Any) -> Iterator[tuple[str, Any, list[str]]]:
    """Each column, with what takes it and all that this takes. A column that is dropped need not come."""
    for _, transformer, chosen in first.transformers_:
        if transformer == "drop":
            continue
        names = _names(chosen, first.feature_names_in_)
        for name in names:
            yield name, transformer, names


def _names(chosen: Any, all_names: np.ndarray) -> list[str]:
    """Columns are chosen by name, position, slice or mask."""
    if isinstance(chosen, str):
        return [chosen]
    if isinstance(chosen, slice):
        texts = isinstance(chosen.start, str) or isinstance(chosen.stop, str)
        return list(_named_slice(chosen, list(all_names)) if texts else all_names[chosen])
    columns = np.asarray(chosen)
    if columns.dtype.kind in "iub":
        return [str(name) for name in np.atleast_1d(all_names[columns])]
    return [str(name) for name in columns.ravel()]


def _named_slice(chosen: slice, names: list[str]) -> list[str]:
    """As pandas has it: the last one is in it."""
    start = 0 if chosen.start is None else names.index(chosen.start)
    stop = len(names) if chosen.stop is None else names.index(chosen.stop) + 1
    return names[start : stop : chosen.step]


def _column(name: str, transformer: Any, columns: list[str]) -> Column | None:
    from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
    from sklearn.preprocessing import FunctionTransformer

    first = first_step(transformer)
    if isinstance(first, CountVectorizer | HashingVectorizer):
        return Column(Tensor(name, "BYTES"), "")
    at = columns.index(name)
    # Of encoders, and of SimpleImputer: values that were in the column.
    for values in (getattr(first, "categories_", None), getattr(first, "statistics_", None)):
        if values is not None:
            return _like(name, np.ravel(values[at]))
    from_sklearn = first is None or first == "passthrough" or type(first).__module__.startswith("sklearn.")
    if not from_sklearn or isinstance(first, FunctionTransformer):
        return None
    return Column(Tensor(name, "FP64"), 0.0)


def _like(name: str, values: np.ndarray) -> Column:
    texts = [value for value in values.tolist() if isinstance(value, str)]
    if texts:
        return Column(Tensor(name, "BYTES"), texts[0])
    return Column(Tensor(name, "FP64"), float(values[0]) if len(values) else 0.0)
