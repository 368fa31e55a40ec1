"""Whom a wrapper answers: with certificates only Skysail's server, else whoever reaches it."""

import inspect
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from logging import Logger

import grpc

from .model import StartError

SERVER_IDENTITY = "skysail:server"
"""The URI that the certificate of Skysail's server carries."""


@dataclass(frozen=True)
class PeerFiles:
    """Paths of PEM files: who is trusted, and who this wrapper is."""

    ca: str
    certificate: str
    key: str


def credentials_of(files: PeerFiles, logger: Logger) -> grpc.ServerCredentials:
    """A certificate of our authority on both sides. The files are read again, before a handshake, when they have
    changed. Raises StartError where they are no good."""
    seen = _times(files)
    try:
        first = _read(files)
    except (OSError, ssl.SSLError) as error:
        raise StartError(f"{files.certificate} with {files.key} and {files.ca}: {error}") from None

    def current() -> object:
        nonlocal seen
        try:
            times = _times(files)
            if times == seen:
                return None
            changed = _read(files)
        except (OSError, ssl.SSLError) as error:
            # Often one of them has been replaced, and the others are about to be.
            logger.warning("the certificates before stay in use: %s", error)
            return None
        seen = times
        return changed

    return grpc.dynamic_ssl_server_credentials(first, current, require_client_authentication=True)


def _times(files: PeerFiles) -> tuple[int, ...]:
    return tuple(os.stat(path).st_mtime_ns for path in (files.ca, files.certificate, files.key))


def _read(files: PeerFiles) -> object:
    # It refuses what does not belong together; gRPC would only fail every handshake.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    context.load_verify_locations(files.ca)
    texts = []
    for path in (files.key, files.certificate, files.ca):
        with open(path, "rb") as file:
            texts.append(file.read())
    key, certificate, ca = texts
    return grpc.ssl_server_certificate_configuration([(key, certificate)], root_certificates=ca)


class OnlySkysail(grpc.aio.ServerInterceptor):
    """The authority may have certified others than the server: each call is checked, since gRPC shows no handshakes."""

    async def intercept_service(self, continuation: Callable, details: object) -> object:
        handler = await continuation(details)
        if handler is None:
            return None
        kinds = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")
        found = {kind: getattr(handler, kind) for kind in kinds if getattr(handler, kind) is not None}
        return handler._replace(**{kind: _checked(behaviour) for kind, behaviour in found.items()})


def _checked(behaviour: Callable) -> Callable:
    if inspect.isasyncgenfunction(behaviour):

        async def generate(request: object, context: grpc.aio.ServicerContext) -> object:
            await _check(context)
            async for response in behaviour(request, context):
                yield response

        return generate

    async def answer(request: object, context: grpc.aio.ServicerContext) -> object:
        await _check(context)
        return await behaviour(request, context)

    return answer


async def _check(context: grpc.aio.ServicerContext) -> None:
    names = context.auth_context().get("x509_subject_alternative_name", [])
    if SERVER_IDENTITY.encode() in names:
        return
    said = ", ".join(name.decode(errors="replace") for name in names[:5]) or "no URI"
    problem = f"the certificate is not that of {SERVER_IDENTITY}: it names {said}"
    await context.abort(grpc.StatusCode.UNAUTHENTICATED, problem)
