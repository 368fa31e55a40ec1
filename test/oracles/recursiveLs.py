"""Recursive least squares by statsmodels: the coefficients after each observation.

stdin: {"features": [[...]], "targets": [...]}; stdout: {"coefficients": [[...] after each]}.
"""

import json
import sys

import numpy
from statsmodels.regression.recursive_ls import RecursiveLS

given = json.load(sys.stdin)
result = RecursiveLS(numpy.array(given["targets"]), numpy.array(given["features"])).fit()
json.dump({"coefficients": result.recursive_coefficients.filtered.T.tolist()}, sys.stdout)
