"""What SizedModule answers on the CPU, for each number of rows, as one line of JSON."""

import json

import numpy as np
from skysail_wrapper import Tensor
from skysail_wrapper.adapters.batch_sizes import size_for, sizes_up_to
from skysail_wrapper.adapters.sized_module import SizedModule

INPUTS = [Tensor("x", "FP32", [3]), Tensor("y", "FP64", [])]
MOST_ROWS = 24
called = []


def module(x, y):
    """As one that was exported for at most 20 rows; it writes into its input."""
    assert len(x) <= 20, "Guard failed"
    called.append(len(x))
    x.add_(1)
    return {"sum": x.sum(1) + y, "mean": x.mean(1)}


def wrong_rows(sized):
    """Numbers of rows with which an answer is not what numpy makes of them."""
    wrong = []
    for rows in range(1, 61):
        random = np.random.default_rng(rows)
        x, y = random.random((rows, 3), np.float32), random.random(rows)
        given = x.copy()
        answers = sized([given, y])
        expected = {"sum": (x + 1).sum(1) + y, "mean": (x + 1).mean(1)}
        close = all(answers[name].shape == (rows,) and np.allclose(answers[name], expected[name]) for name in expected)
        if not close or not np.array_equal(given, x) or set(sized([x, y], ["mean"])) != {"mean"}:
            wrong.append(rows)
    return wrong


def failure(sized):
    try:
        sized([np.zeros((2, 3), np.float32), np.full(2, "?", object)])
    except Exception as error:
        return type(error).__name__
    return None


sized = SizedModule(module, INPUTS, "cpu", most_rows=MOST_ROWS, record=True)
prepared = sorted(set(called))
called.clear()
wrong = wrong_rows(sized)
print(
    json.dumps(
        {
            "sizes": sizes_up_to(256),
            "leastSizes": [min(size for size in sizes_up_to(2048) if size >= rows) for rows in range(1, 1025)]
            == [size_for(rows) for rows in range(1, 1025)],
            "grownAtMost": max(size_for(rows) / rows for rows in range(1, 1025)),
            "prepared": prepared,
            "called": sorted(set(called)),
            "wrongRows": wrong,
            "failure": failure(sized),
            "wrongAfterFailure": wrong_rows(sized),
        }
    )
)
