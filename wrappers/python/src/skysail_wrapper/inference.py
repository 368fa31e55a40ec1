"""From a decoded request to its outcome: the same for unary calls and streams."""

import time
from collections.abc import Callable
from logging import Logger

from .executor import Executor, Job
from .incoming import Malformed
from .logs import Seldom
from .messages import ModelInferRequest, ModelInferResponse
from .model import LoadedModel, RequestError
from .refusal import Refusal, refusal
from .reply import Timing, build_reply
from .request import InferRequest, Served, read_request

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
        # Outputs come from the model's author: whatever is odd about them must not reach the event loop.
        try:
            outputs = model.predict(request.batch)
            compute_us = (time.perf_counter_ns() - started_ns) // 1000
            timing = Timing(queue_us, compute_us, self.streams)
            outcome = build_reply(self.served, request, outputs, timing, self._max_message_bytes)
        except RequestError as error:
            return refusal("INVALID_ARGUMENT", str(error))
        except (Exception, SystemExit) as error:
            outcome = refusal("INTERNAL", f"the model failed: {error or type(error).__name__}")
            self._log_failure(outcome.message, request, error if self._stacks.allows() else None)
            return outcome
        if isinstance(outcome, Refusal) and outcome.code == "INTERNAL":
            self._log_failure(outcome.message, request, None)
        return outcome

    def _log_failure(self, message: str, request: InferRequest, error: BaseException | None) -> None:
        fields = {"id": request.id, "rows": request.batch.rows}
        self._logger.warning(message, exc_info=error, extra={"fields": fields})
