"""Serves a LightGBM model saved with save_model."""

import argparse
from typing import Any

import numpy as np

from ..model import Batch, LoadedModel, StartError
from ..tensors import Signature, Tensor
from .arrays import chosen, counted_classes, labels_of, matrix, model_path, only_input, stated_signature, tensors_like
from .device import cpu_only


def load(options: argparse.Namespace) -> LoadedModel:
    import lightgbm

    cpu_only(options, "LightGBM")
    path = model_path(options)
    try:
        booster = lightgbm.Booster(model_file=path)
    except lightgbm.basic.LightGBMError as error:
        raise StartError(f"{path}: {error}") from None
    objective = _objective(booster)
    stated = stated_signature(options)
    inputs = only_input(stated, "LightGBM") if stated else [Tensor("x", "FP32", [booster.num_feature()])]

    def compute(rows: np.ndarray) -> dict[str, np.ndarray]:
        return _named(objective, booster.predict(matrix(rows), num_threads=options.threads))

    example = compute(inputs[0].zeros(2))
    outputs = chosen(stated, tensors_like(example, example.values()))

    def predict(batch: Batch) -> dict[str, np.ndarray]:
        return compute(batch.inputs[0])

    classes = counted_classes(example)
    return LoadedModel("lightgbm", Signature(inputs, outputs), predict, thread_safe=True, classes=classes)


def _objective(booster: Any) -> str:
    for line in booster.model_to_string(num_iteration=1).splitlines():
        if line.startswith("objective="):
            return line.removeprefix("objective=").split(" ")[0]
    return ""


def _named(objective: str, scores: np.ndarray) -> dict[str, np.ndarray]:
    """What LGBMClassifier makes of it, in the terms of every classifier."""
    if objective == "binary":
        probabilities = np.stack([1 - scores, scores], axis=1)
        return {"label": labels_of(probabilities), "probabilities": probabilities}
    if objective in ("multiclass", "multiclassova"):
        return {"label": labels_of(scores), "probabilities": scores}
    return {"value": scores}
