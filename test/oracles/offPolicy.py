"""IPS, SNIPS and two-fold doubly robust estimates of an even choice, from a logged sample; numpy and scikit-learn only.

stdin: {"path": csv of item, position, click, propensity}; stdout: {"ips", "snips", "dr", "effectiveSampleSize"}.
"""

import json
import sys

import numpy
from sklearn.linear_model import Ridge

item, _, click, propensity = numpy.loadtxt(json.load(sys.stdin)["path"], delimiter=",", skiprows=1).T
items = numpy.unique(item)
weight = 1 / len(items) / propensity


def expected(train):
    """The value of each item by a ridge regression without features, shrunk to the fold's mean."""
    mean = click[train].mean()
    values = dict.fromkeys(items, mean)
    for one in numpy.unique(item[train]):
        own = train & (item == one)
        fit = Ridge(alpha=1, fit_intercept=False).fit(numpy.ones((own.sum(), 1)), click[own] - mean)
        values[one] = mean + fit.coef_[0]
    return values


even = numpy.arange(len(item)) % 2 == 0
doubly_robust = numpy.empty(len(item))
for fold in (even, ~even):
    values = expected(~fold)
    of_chosen = numpy.array([values[one] for one in item[fold]])
    doubly_robust[fold] = numpy.mean(list(values.values())) + weight[fold] * (click[fold] - of_chosen)
json.dump(
    {
        "ips": (weight * click).mean(),
        "snips": (weight * click).sum() / weight.sum(),
        "dr": doubly_robust.mean(),
        "effectiveSampleSize": weight.sum() ** 2 / (weight**2).sum(),
    },
    sys.stdout,
)
