"""Serves an XGBoost model saved with save_model (JSON or UBJSON)."""

import argparse
import json
from typing import Any

import numpy as np

from ..model import Batch, LoadedModel, StartError
from ..tensors import Signature, Tensor
from .arrays import chosen, counted_classes, labels_of, matrix, model_path, only_input, stated_signature, tensors_like
from .device import cuda_index


def load(options: argparse.Namespace) -> LoadedModel:
    import xgboost

    wants_gpu = cuda_index(options) is not None
    if wants_gpu and not xgboost.build_info()["USE_CUDA"]:
        raise StartError(f"--device {options.device}: this xgboost has no CUDA: install xgboost, not xgboost-cpu")
    path = model_path(options)
    booster = xgboost.Booster()
    try:
        booster.load_model(path)
    except xgboost.core.XGBoostError as error:
        # It quotes the whole of a JSON file that is no model.
        why = str(error).partition("Stack trace")[0].strip()[:300]
        raise StartError(f"{path} cannot be loaded by XGBoost: {why}") from None
    # Otherwise it takes another GPU than one that is not there.
    booster.set_param({"device": options.device, "fail_on_invalid_gpu_id": True, "nthread": options.threads})
    learner = _settings(booster, options)["learner"]
    # Where it sees no GPU it computes on the CPU instead, with a warning.
    if wants_gpu and not learner["generic_param"]["device"].startswith("cuda"):
        raise StartError(f"--device {options.device}: XGBoost sees no CUDA device here, see docs/gpu.md")
    objective = learner["objective"]["name"]
    # As XGBoost's own estimators do: no trees behind the one at which early stopping found the best.
    best = booster.attr("best_iteration")
    rounds = (0, 0 if best is None else int(best) + 1)
    stated = stated_signature(options)
    inputs = only_input(stated, "XGBoost") if stated else [Tensor("x", "FP32", [booster.num_features()])]

    def compute(rows: np.ndarray) -> dict[str, np.ndarray]:
        scores = booster.inplace_predict(matrix(rows), iteration_range=rounds)
        return _named(objective, scores)

    example = compute(inputs[0].zeros(2))
    outputs = chosen(stated, tensors_like(example, example.values()))

    def predict(batch: Batch) -> dict[str, np.ndarray]:
        return compute(batch.inputs[0])

    classes = counted_classes(example)
    return LoadedModel("xgboost", Signature(inputs, outputs), predict, thread_safe=True, classes=classes)


def _settings(booster: Any, options: argparse.Namespace) -> Any:
    """All of them, once they have taken effect."""
    import xgboost

    try:
        return json.loads(booster.save_config())
    except xgboost.core.XGBoostError as error:
        raise StartError(f"--device {options.device}: {str(error).partition('Stack trace')[0]}") from None


def _named(objective: str, scores: np.ndarray) -> dict[str, np.ndarray]:
    """What XGBClassifier makes of it, in the terms of every classifier."""
    if objective == "binary:logistic":
        probabilities = np.stack([1 - scores, scores], axis=1)
        return {"label": (scores > 0.5).astype(np.int64), "probabilities": probabilities}
    if objective == "multi:softprob":
        return {"label": labels_of(scores), "probabilities": scores}
    if objective == "multi:softmax":
        return {"label": scores.astype(np.int64)}
    return {"value": scores}
