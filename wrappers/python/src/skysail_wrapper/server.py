"""A gRPC server around a loaded model."""

import asyncio
import errno
import os
import socket
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from logging import Logger

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from .classes import class_properties
from .executor import Executor
from .inference import Inference
from .messages import POOL
from .model import LoadedModel, StartError
from .peers import OnlySkysail, PeerFiles, credentials_of
from .request import Served
from .service import SERVICE, InferenceService

DEFAULT_MAX_MESSAGE_BYTES = 16 * 1024 * 1024

_HEALTH_SERVICES = ("", SERVICE)
_CLOSE_SECONDS = 0.5


@dataclass(frozen=True)
class ServeOptions:
    listen: str
    """`unix:/path`, or host:port; port 0 takes a free one."""
    max_message_bytes: int = DEFAULT_MAX_MESSAGE_BYTES
    max_queued: int = 1024
    """Requests that may wait; one more is refused."""
    tls: PeerFiles | None = None
    """Without, whoever reaches the wrapper is answered."""
    inline: bool = False
    artefact_sha256: str | None = None
    labels: Sequence[str] | None = None
    """Other names for the model's classes than its own."""


class WrapperServer:
    """Serves once `start` has returned."""

    def __init__(self, models: Sequence[LoadedModel], served: Served, options: ServeOptions, logger: Logger) -> None:
        self._models = models
        self._options = options
        self._logger = logger
        executor = Executor(models, inline=options.inline, max_queued=options.max_queued)
        self._inference = Inference(served, executor, max_message_bytes=options.max_message_bytes, logger=logger)
        properties = {
            "concurrency": str(executor.concurrency),
            **class_properties(models[0].classes, options.labels),
        }
        if options.artefact_sha256 is not None:
            properties["artefact_sha256"] = options.artefact_sha256
        self._service = InferenceService(self._inference, platform=models[0].platform, properties=properties)
        self._health = health.aio.HealthServicer()
        interceptors = () if options.tls is None else (OnlySkysail(),)
        self._server = grpc.aio.server(options=_server_options(options.max_message_bytes), interceptors=interceptors)
        self._stopping: asyncio.Task[None] | None = None

    async def start(self) -> str:
        """The address with the port that was taken. Raises StartError where it cannot listen."""
        self._service.add_to(self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        # The protocol's messages are in a pool of their own, the health service's in the default one.
        reflection.enable_server_reflection((SERVICE, reflection.SERVICE_NAME), self._server, pool=POOL)
        tls = self._options.tls
        credentials = None if tls is None else credentials_of(tls, self._logger)
        address = _bind(self._server, self._options.listen, credentials)
        await self._server.start()
        await self._set_health(health_pb2.HealthCheckResponse.SERVING)
        return address

    def refuse(self) -> None:
        """From now on requests are refused as UNAVAILABLE."""
        self._inference.is_serving = False

    async def stop(self, limit_seconds: float = 4) -> None:
        """Refuses new requests, finishes those in flight within the limit, closes. Idempotent."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(limit_seconds))
        await asyncio.shield(self._stopping)

    async def _stop(self, limit_seconds: float) -> None:
        self.refuse()
        await self._set_health(health_pb2.HealthCheckResponse.NOT_SERVING)
        try:
            await asyncio.wait_for(self._inference.when_answered(), limit_seconds)
        except TimeoutError:
            self._logger.warning("stopped with requests still in flight")
        self._service.end_streams()
        # Lets the last answers out, then cuts what stays open: callers that watch health never leave by themselves.
        await self._server.stop(_CLOSE_SECONDS)
        # Workers may share one.
        for model in {id(model): model for model in self._models}.values():
            if model.close is not None:
                model.close()

    async def _set_health(self, status: int) -> None:
        for name in _HEALTH_SERVICES:
            await self._health.set(name, status)


def _server_options(max_message_bytes: int) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.max_send_message_length", max_message_bytes),
        # Skysail pings each second, also without a call; gRPC's C core takes offence at less than five minutes.
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 500),
        ("grpc.http2.max_ping_strikes", 0),
        # With it, two wrappers on one port would each get some of the connections, and neither an error.
        ("grpc.so_reuseport", 0),
    ]


def _bind(server: grpc.aio.Server, listen: str, credentials: grpc.ServerCredentials | None) -> str:
    path = listen.removeprefix("unix:")
    if path != listen:
        _remove_stale_socket(path)
    # A socket is its owner's alone.
    umask = os.umask(0o177)
    try:
        port = server.add_insecure_port(listen) if credentials is None else server.add_secure_port(listen, credentials)
    except RuntimeError as error:
        raise StartError(f"cannot listen on {listen}: {_why_not(listen, error)}") from None
    finally:
        os.umask(umask)
    return listen if path != listen else f"{listen.rpartition(':')[0]}:{port}"


def _why_not(listen: str, error: RuntimeError) -> str:
    """gRPC does not say why: whether the port can be had without it does."""
    host, _, port = listen.rpartition(":")
    if not port.isdigit():
        return str(error)
    try:
        socket.create_server(
            (host.strip("[]"), int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        ).close()
    except OSError as problem:
        taken = problem.errno == errno.EADDRINUSE
        return "the port is taken: give another with --port or --listen" if taken else problem.strerror or str(problem)
    return str(error)


def _remove_stale_socket(path: str) -> None:
    """A wrapper that was killed leaves its socket's file behind. (gRPC would also take that of one which lives.)"""
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            raise StartError(f"cannot listen on unix:{path}: it is a file")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
    raise StartError(f"cannot listen on unix:{path}: another process does")
