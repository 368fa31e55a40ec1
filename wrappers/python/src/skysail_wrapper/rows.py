"""Rows that fail alone: what a model answers of a batch that it cannot answer as a whole."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .model import Batch, LoadedModel, RequestError
from .packing import packed_outputs
from .refusal import Refusal, refusal
from .request import InferRequest
from .tensors import Tensor

# Calls that may fail, for each time that the rows can be halved: enough for four rows wherever they are among 256. A
# model that fails whatever it is given is asked for about four times the batch, the largest parts first.
_FAILING_CALLS_PER_HALVING = 4


@dataclass(frozen=True, slots=True)
class Answered:
    contents: list[bytes]
    """Of each output that was asked for, all rows: zeros or empty texts in the place of those with which the model
    raised."""
    failed: dict[int, Refusal]
    compute_us: int
    """In the model."""


def answer_rows(
    model: LoadedModel, specs: Sequence[Tensor], request: InferRequest, in_time: Callable[[], bool]
) -> Answered | Refusal:
    """All rows, if that goes well. Where the model raises with several, and the caller takes replies in which rows
    failed, halves of them are tried, and halves of those: a row with which the model raises alone has failed, and so
    have those for which no call is left or, as `in_time` says, no time. A refusal when no row has an answer, or not
    all have and the caller takes no less."""
    rows = _Rows(model, specs, request)
    total = request.batch.rows
    why = rows.attempt(0, total)
    if why is not None:
        if why.error is None or total == 1 or not request.row_errors:
            return why
        rows.halve(why, in_time)
    return rows.outcome(why)


class _Rows:
    def __init__(self, model: LoadedModel, specs: Sequence[Tensor], request: InferRequest) -> None:
        self._model = model
        self._specs = specs
        self._request = request
        self._failed: dict[int, Refusal] = {}
        # By their first rows.
        self._parts: dict[int, list[bytes]] = {}
        self._compute_ns = 0

    def attempt(self, start: int, end: int) -> Refusal | None:
        """Asks the model for these rows; why they have no answer."""
        rows = end - start
        batch = _part(self._request.batch, start, end)
        # Outputs come from the model's author: whatever is odd about them must not reach the event loop.
        try:
            contents = packed_outputs(self._specs, self._request.wanted, self._predict(batch), rows)
        except RequestError as error:
            return refusal("INVALID_ARGUMENT", str(error), error)
        except (Exception, SystemExit) as error:
            return refusal("INTERNAL", f"the model failed: {error or type(error).__name__}", error)
        if isinstance(contents, Refusal):
            return contents
        self._parts[start] = contents
        for row, why in batch.refused.items():
            self._failed[start + row] = refusal("INVALID_ARGUMENT", why)
        return None

    def halve(self, why: Refusal, in_time: Callable[[], bool]) -> None:
        """The largest parts first: of what is left over when no call is left, as few rows as may be were answered."""
        total = self._request.batch.rows
        failures_left = _FAILING_CALLS_PER_HALVING * (total - 1).bit_length()
        waiting = _halves(0, total, why)
        for start, end, reason in waiting:
            if failures_left == 0 or not in_time():
                self._fail(start, end, reason)
                continue
            why_not = self.attempt(start, end)
            if why_not is None:
                continue
            failures_left -= 1
            if why_not.error is None or end - start == 1:
                self._fail(start, end, why_not)
            else:
                waiting += _halves(start, end, why_not)

    def outcome(self, why: Refusal | None) -> Answered | Refusal:
        """`why`: the batch could not be answered as a whole."""
        failed, rows = self._failed, self._request.batch.rows
        if failed and (len(failed) == rows or not self._request.row_errors):
            row = min(failed)
            return why or (failed[row] if rows == 1 else refusal(failed[row].code, f"row {row}: {failed[row].message}"))
        parts = [self._parts[start] for start in sorted(self._parts)]
        contents = parts[0] if len(parts) == 1 else [b"".join(packed) for packed in zip(*parts, strict=True)]
        return Answered(contents, failed, self._compute_ns // 1000)

    def _predict(self, batch: Batch) -> object:
        started_ns = time.perf_counter_ns()
        try:
            return self._model.predict(batch)
        finally:
            self._compute_ns += time.perf_counter_ns() - started_ns

    def _fail(self, start: int, end: int, why: Refusal) -> None:
        for row in range(start, end):
            self._failed[row] = why
        self._parts[start] = [self._specs[i].packed_zeros(end - start) for i in self._request.wanted]


def _part(batch: Batch, start: int, end: int) -> Batch:
    if end - start == batch.rows:
        return batch
    return Batch(end - start, tuple(array[start:end] for array in batch.inputs), batch.wanted)


def _halves(start: int, end: int, why: Refusal) -> list[tuple[int, int, Refusal]]:
    middle = (start + end + 1) // 2
    return [(start, middle, why), (middle, end, why)]
