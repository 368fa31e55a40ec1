"""Full retraining with scikit-learn: the feature model and all users' weights, from the whole log.

    python retrain.py DATA SET LOG STEPS

DATA and SET as learning_data.py left them. LOG holds rows of four little-endian int32: user, item, 1 where the user liked
it, step: how many observations of that user's there were since the tastes changed, itself included; 0 before. STEPS are
numbers with commas: after each, all is trained anew from the log up to there. Tastes are read from TASTES = LOG + ".tastes":
[users, classes] int32.

Prints for each step how long training took, in milliseconds, for the feature model (on the archive's items and those of
the log) and for all weights; and the error over all users and test items: `error`, where recent observations count more,
as much as for the online learner; `hindsightError`, where only observations since the change count, of which nobody
knew when they came; `weightsOnlyError`, with the feature model as it was.
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
# As the online learner: an observation counts so much after the next one of its user.
FORGETTING = 0.9
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


def train_weights(features, log, hindsight):
    """One regression a user, with the strength that leave-one-out validation finds best."""
    models = {}
    for user in np.unique(log[:, 0]):
        rows = log[log[:, 0] == user]
        if hindsight and rows[-1, 3] > 0:
            rows = rows[rows[:, 3] > 0]
        recency = np.ones(len(rows)) if hindsight else FORGETTING ** np.arange(len(rows))[::-1]
        x, y = features[rows[:, 1]], rows[:, 2] * 2.0 - 1
        # Validation needs some of both kinds.
        enough = len(rows) >= 5 and len(np.unique(y)) == 2
        models[user] = (RidgeCV(STRENGTHS) if enough else Ridge(10)).fit(x, y, sample_weight=recency)
    return models


def retrain(data, log):
    started = time.perf_counter()
    items = np.union1d(data.archive, log[:, 1])
    model = FeatureModel(SEED).fit(data.inputs[items], data.classes[items])
    trained = time.perf_counter()
    features = model.features(data.inputs)
    weights = train_weights(features, log, hindsight=False)
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
        so_far = log[log[:, 3] <= step]
        features, weights, features_ms, weights_ms = retrain(data, so_far)
        hindsight = train_weights(features, so_far, hindsight=True)
        kept = train_weights(data.good, so_far, hindsight=False)
        result.append(
            {
                "step": step,
                "error": error(data, features, weights, tastes),
                "hindsightError": error(data, features, hindsight, tastes),
                "weightsOnlyError": error(data, data.good, kept, tastes),
                "featuresMs": features_ms,
                "weightsMs": weights_ms,
            }
        )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
