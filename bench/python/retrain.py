"""Full retraining with scikit-learn: the feature model and all users' weights, from the whole log.

    python retrain.py DATA SET LOG STEPS

DATA and SET as learning_data.py left them. LOG holds rows of four little-endian int32: user, item, 1 where the user liked
it, step: how many observations of that user's there were since the tastes changed, itself included; 0 before. STEPS are
numbers with commas: after each, all is trained anew from the log up to there. Tastes are read from TASTES = LOG + ".tastes":
[users, classes] int32.

Prints for each step the error over all users and test items, and how long it took to train, in milliseconds: the feature
model, and all weights. Users' weights are a ridge regression on what they observed since the change, which is what
hindsight would choose, with the strength that leave-one-out validation finds best.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge, RidgeCV

from feature_model import FeatureModel

SEED = 11
STRENGTHS = [0.1, 0.3, 1, 3, 10, 30, 100]


class Data:
    def __init__(self, folder, name):
        shapes = json.loads((folder / "shapes.json").read_text())
        read = lambda key, kind: np.frombuffer((folder / f"{name}-{key}").read_bytes(), kind)
        self.inputs = read("inputs.f32", "<f4").reshape(shapes[f"{name}-inputs"])
        self.good = read("good.f32", "<f4").reshape(shapes[f"{name}-good"])
        self.classes = read("classes.i32", "<i4")
        parts = read("parts.i32", "<i4")
        self.archive = np.flatnonzero(parts == 0)
        self.test = np.flatnonzero(parts == 2)


def train_weights(features, log):
    """One regression a user; a user without observations since the change keeps what there was before it."""
    models = {}
    for user in np.unique(log[:, 0]):
        own = log[log[:, 0] == user]
        since = own[own[:, 3] > 0]
        rows = since if len(since) > 0 else own
        x, y = features[rows[:, 1]], rows[:, 2] * 2.0 - 1
        # Validation needs some of both kinds.
        enough = len(rows) >= 5 and len(np.unique(y)) == 2
        models[user] = (RidgeCV(STRENGTHS) if enough else Ridge(10)).fit(x, y)
    return models


def retrain(data, log):
    started = time.perf_counter()
    items = np.union1d(data.archive, log[:, 1])
    model = FeatureModel(SEED).fit(data.inputs[items], data.classes[items])
    trained = time.perf_counter()
    features = model.features(data.inputs)
    weights = train_weights(features, log)
    ended = time.perf_counter()
    return features, weights, 1000 * (trained - started), 1000 * (ended - trained)


def error(data, features, weights, tastes):
    wrong = 0
    for user, model in weights.items():
        liked = model.predict(features[data.test]) > 0
        wrong += (liked != (tastes[user, data.classes[data.test]] > 0)).mean()
    return wrong / len(weights)


def main():
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    folder, name, path, steps = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4]
    data = Data(folder, name)
    log = np.frombuffer(path.read_bytes(), "<i4").reshape(-1, 4)
    tastes = np.frombuffer(Path(f"{path}.tastes").read_bytes(), "<i4").reshape(log[:, 0].max() + 1, -1)
    result = []
    for step in (int(text) for text in steps.split(",")):
        features, weights, features_ms, weights_ms = retrain(data, log[log[:, 3] <= step])
        kept = train_weights(data.good, log[log[:, 3] <= step])
        result.append(
            {
                "step": step,
                "error": error(data, features, weights, tastes),
                "weightsOnlyError": error(data, data.good, kept, tastes),
                "featuresMs": features_ms,
                "weightsMs": weights_ms,
            }
        )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
