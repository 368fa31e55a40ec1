"""One open ModelStreamInfer: any number of requests in flight, answered in the order in which they are done."""

import asyncio
from collections import deque

import grpc

from .executor import Job
from .inference import Inference, Outcome
from .reply import streamed

# Answers that a slow reader has not taken yet, above which nothing more is read from it.
_MAX_UNSENT = 64


class InferStream:
    """Open, then ended (the caller sent its last request, or the wrapper drains): it closes with the last answer."""

    def __init__(self, context: grpc.aio.ServicerContext, inference: Inference) -> None:
        self._context = context
        self._inference = inference
        self._unsent: deque[bytes] = deque()
        self._jobs: set[Job] = set()
        self._in_flight = 0
        self._ended = False
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    async def serve(self) -> None:
        """Returns when everything has been answered after the end; is cancelled when the caller leaves."""
        self._inference.streams += 1
        reader = asyncio.create_task(self._read())
        try:
            while self._unsent or self._in_flight > 0 or not self._ended:
                await self._changed.wait()
                self._changed.clear()
                while self._unsent:
                    await self._context.write(self._unsent.popleft())
                    if len(self._unsent) < _MAX_UNSENT:
                        self._room.set()
        finally:
            reader.cancel()
            self._inference.streams -= 1
            for job in self._jobs:
                job.abandoned = True

    def end(self) -> None:
        self._ended = True
        self._changed.set()

    async def _read(self) -> None:
        try:
            while (incoming := await self._context.read()) is not grpc.aio.EOF:
                self._receive(incoming)
                # Lets the answer out, and what else the loop has to do, before the next one is computed.
                await asyncio.sleep(0)
                await self._room.wait()
        finally:
            self.end()

    def _receive(self, incoming: object) -> None:
        self._in_flight += 1
        served, id = self._inference.served, incoming.id

        def encode(outcome: Outcome) -> bytes:
            return streamed(served, id, outcome)

        job: Job | None = None

        def settle(packed: bytes) -> None:
            self._in_flight -= 1
            self._jobs.discard(job)
            self._unsent.append(packed)
            if len(self._unsent) >= _MAX_UNSENT:
                self._room.clear()
            self._changed.set()

        job = self._inference.infer(incoming, encode, settle)
        if job is not None:
            self._jobs.add(job)
