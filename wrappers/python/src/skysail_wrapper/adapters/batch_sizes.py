"""Numbers of rows that a model is prepared for: batches are filled up to the next one.

What a GPU's framework does once for each shape of its inputs (to plan convolutions, to compile, to record) it would do
again for each number of rows; of these there are four to each doubling, so that a batch grows by a quarter at most.
"""


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
