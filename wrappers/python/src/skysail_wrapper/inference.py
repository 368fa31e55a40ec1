"""From a decoded request to its outcome: the same for unary calls and streams."""

import time
from collections.abc import Callable, Sequence
from logging import Logger

from .executor import Executor, Job
from .incoming import Malformed
from .logs import Seldom
from .messages import ModelInferRequest, ModelInferResponse
from .model import LoadedModel
from .refusal import Refusal, refusal
from .reply import Timing, build_reply
from .request import InferRequest, Served, read_request
from .rows import answer_rows

Outcome = ModelInferResponse | Refusal
# A model that fails does so with every batch: its stack is in the log at most once in so long.
_STACK_SECONDS = 60.0


class Inference:
    def __init__(self, served: Served, executor: Executor, *, max_message_bytes: int, logger: Logger) -> None:
        self.served = served
        # Once false, requests are refused as UNAVAILABLE.
        self.is_serving = True
        self.streams = 0
        self._executor = executor
        self._max_message_bytes = max_message_bytes
        self._logger = logger
        self._stacks = Seldom(_STACK_SECONDS)

    async def when_answered(self) -> None:
        """Returns when what was accepted has been answered."""
        await self._executor.when_idle()

    def infer(
        self,
        incoming: ModelInferRequest | Malformed,
        encode: Callable[[Outcome], object],
        settle: Callable[[object], None],
    ) -> Job | None:
        """Settles exactly once with what `encode`, which runs where the model does, makes of the outcome: possibly
        before it returns. Setting the job's `abandoned` says that nobody waits any more."""
        request = self._accept(incoming)
        if isinstance(request, Refusal):
            settle(encode(request))
            return None
        job = Job(
            deadline_us=request.deadline_us,
            compute=lambda model, queue_us: encode(self._compute(request, model, queue_us)),
            refuse=encode,
            settle=settle,
        )
        self._executor.submit(job)
        return job

    def _accept(self, incoming: ModelInferRequest | Malformed) -> InferRequest | Refusal:
        if isinstance(incoming, Malformed):
            return refusal("INVALID_ARGUMENT", incoming.message)
        if not self.is_serving:
            return refusal("UNAVAILABLE", "the wrapper is stopping")
        return read_request(incoming, self.served)

    def _compute(self, request: InferRequest, model: LoadedModel, queue_us: int) -> Outcome:
        started_ns = time.perf_counter_ns()

        def in_time() -> bool:
            elapsed_us = queue_us + (time.perf_counter_ns() - started_ns) // 1000
            return request.deadline_us is None or elapsed_us < request.deadline_us

        answered = answer_rows(model, self.served.signature.outputs, request, in_time)
        if isinstance(answered, Refusal):
            self._log_failures(request, [answered] * request.batch.rows)
            return answered
        self._log_failures(request, [*answered.failed.values()])
        timing = Timing(queue_us, answered.compute_us, self.streams)
        return build_reply(self.served, request, answered, timing, self._max_message_bytes)

    def _log_failures(self, request: InferRequest, failed: Sequence[Refusal]) -> None:
        """Of the rows that failed, the first with which the model did."""
        why = next((each for each in failed if each.code == "INTERNAL"), None)
        if why is None:
            return
        fields = {"id": request.id, "rows": request.batch.rows, "failed": len(failed)}
        stack = why.error if why.error is not None and self._stacks.allows() else None
        self._logger.warning(why.message, exc_info=stack, extra={"fields": fields})
