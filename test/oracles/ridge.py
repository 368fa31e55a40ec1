"""Ridge regression by scikit-learn, around a prior mean, and again in extended precision by Gauss elimination.

stdin: {"features": [[...]], "targets": [...], "ridge": r, "mean": [...]}; stdout: the weights {"scikitLearn": [...],
"extended": [...]} and "variance", that of a prediction at ones, extended too.
"""

import json
import sys

import numpy
from sklearn.linear_model import Ridge


def scikit_learn(features, targets, ridge, mean):
    model = Ridge(alpha=ridge, fit_intercept=False, solver="svd")
    return mean + model.fit(features, targets - features @ mean).coef_


def extended(features, targets, ridge, mean):
    """80-bit floats: 3 digits more."""
    wide = features.astype(numpy.longdouble)
    prior = ridge * numpy.eye(wide.shape[1], dtype=numpy.longdouble)
    matrix = wide.T @ wide + prior
    ones = numpy.ones(len(matrix), dtype=numpy.longdouble)
    weights = eliminate(matrix, wide.T @ targets.astype(numpy.longdouble) + prior @ mean)
    return weights, ones @ eliminate(matrix, ones)


def eliminate(matrix, right):
    size = len(right)
    rows = numpy.hstack([matrix, right[:, None]])
    for k in range(size):
        pivot = k + numpy.argmax(abs(rows[k:, k]))
        rows[[k, pivot]] = rows[[pivot, k]]
        rows[k + 1 :] -= rows[k + 1 :, k : k + 1] / rows[k, k] * rows[k]
    solution = numpy.zeros(size, dtype=numpy.longdouble)
    for k in reversed(range(size)):
        solution[k] = (rows[k, size] - rows[k, k + 1 : size] @ solution[k + 1 :]) / rows[k, k]
    return solution


given = json.load(sys.stdin)
arguments = (
    numpy.array(given["features"]),
    numpy.array(given["targets"]),
    given["ridge"],
    numpy.array(given["mean"]),
)
weights, variance = extended(*arguments)
json.dump(
    {
        "scikitLearn": scikit_learn(*arguments).tolist(),
        "extended": [float(value) for value in weights],
        "variance": float(variance),
    },
    sys.stdout,
)
