"""Gives batches to the model in the order of their arrival, at most `concurrency` at once.

Inline, the event loop's own thread computes: for a model that answers within a millisecond, this saves the way into
another thread and back. Otherwise each worker is a thread with a model of its own (or one that all may call), so that
the loop goes on reading and refusing meanwhile.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from .model import LoadedModel
from .refusal import Refusal, refusal

Result = TypeVar("Result")


@dataclass(eq=False, slots=True)
class Job(Generic[Result]):
    """One request's computation."""

    deadline_us: int | None
    """Microseconds that were left when the request arrived."""
    compute: Callable[[LoadedModel, int], Result]
    """Given the model and the microseconds in the queue. Must not raise."""
    refuse: Callable[[Refusal], Result]
    settle: Callable[[Result], None]
    """Called once in the event loop, possibly before `submit` returns."""
    abandoned: bool = False
    """Set when nobody waits for the answer any more: then it is not computed."""
    arrived_ns: int = field(default_factory=time.perf_counter_ns)

    def run(self, model: LoadedModel) -> Result:
        queue_us = (time.perf_counter_ns() - self.arrived_ns) // 1000
        if self.abandoned:
            return self.refuse(refusal("CANCELLED", "the caller left before the batch was computed"))
        if self.deadline_us is not None and queue_us >= self.deadline_us:
            passed = f"expired: {self.deadline_us} us were left, {queue_us} us passed in the queue"
            return self.refuse(refusal("DEADLINE_EXCEEDED", passed))
        return self.compute(model, queue_us)


class Executor:
    """Made and used in the event loop's thread."""

    def __init__(self, models: Sequence[LoadedModel], *, inline: bool, max_queued: int) -> None:
        self._inline = models[0] if inline else None
        self._concurrency = len(models)
        self._max_queued = max_queued
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._open = 0
        self._idle = asyncio.Event()
        self._idle.set()
        # Daemons: a computation that never ends must not keep a stopping process.
        if not inline:
            for i, model in enumerate(models):
                threading.Thread(target=self._work, args=(model,), name=f"worker-{i}", daemon=True).start()

    @property
    def concurrency(self) -> int:
        return self._concurrency

    def submit(self, job: Job) -> None:
        if self._open >= self._max_queued + self._concurrency:
            job.settle(job.refuse(refusal("RESOURCE_EXHAUSTED", f"the queue is full ({self._max_queued} requests)")))
        elif self._inline is not None:
            job.settle(job.run(self._inline))
        else:
            self._open += 1
            self._idle.clear()
            self._jobs.put(job)

    async def when_idle(self) -> None:
        """Returns when no job runs or waits."""
        await self._idle.wait()

    def _work(self, model: LoadedModel) -> None:
        while (job := self._jobs.get()) is not None:
            result = job.run(model)
            try:
                self._loop.call_soon_threadsafe(self._settled, job, result)
            except RuntimeError:
                # The loop has closed: the process is about to end.
                return

    def _settled(self, job: Job, result: object) -> None:
        self._open -= 1
        if self._open == 0:
            self._idle.set()
        job.settle(result)
