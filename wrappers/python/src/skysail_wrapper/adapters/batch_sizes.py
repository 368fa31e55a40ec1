"""Numbers of rows that a model is prepared for: batches are filled up to the next one.

What a GPU's framework does once for each shape of its inputs (to plan convolutions, to compile, to record) it would do
again for each number of rows; of these there are four to each doubling, so that a batch grows by a quarter at most.
"""

from collections.abc import Callable, Sequence

import numpy as np


def size_for(rows: int) -> int:
    """The least size that holds so many rows: 1 to 8, 10, 12, 14, 16, 20, 24, 28, 32, 40..."""
    step = 1 << max(0, (rows - 1).bit_length() - 3)
    return -(-rows // step) * step


def sizes_up_to(rows: int) -> list[int]:
    """All that batches of at most so many rows are filled up to, the smallest first."""
    sizes = [1]
    while sizes[-1] < rows:
        sizes.append(size_for(sizes[-1] + 1))
    return sizes


def in_parts(
    run: Callable[[Sequence[str], Sequence[np.ndarray]], list[np.ndarray]],
    part_rows: int,
    wanted: Sequence[str],
    arrays: Sequence[np.ndarray],
) -> list[np.ndarray]:
    """The wanted outputs of all rows, by calls of `part_rows` rows each: the last is filled up with its last row."""
    rows = len(arrays[0])
    missing = -rows % part_rows
    filled = [np.concatenate([array, np.repeat(array[-1:], missing, axis=0)]) if missing else array for array in arrays]
    parts = [run(wanted, [array[at : at + part_rows] for array in filled]) for at in range(0, rows, part_rows)]
    return [np.concatenate(outputs)[:rows] for outputs in zip(*parts, strict=True)]
