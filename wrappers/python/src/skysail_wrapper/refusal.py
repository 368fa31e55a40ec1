"""Why one request, or one row of it, gets no outputs. The wrapper goes on."""

from dataclasses import dataclass

# Longer messages (a framework's stack of causes) are cut: they travel in gRPC headers, which are small.
_MAX_MESSAGE_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Refusal:
    code: str
    """The name of a gRPC status."""
    message: str
    error: BaseException | None = None
    """What the model raised, for the log alone."""


def refusal(code: str, message: str, error: BaseException | None = None) -> Refusal:
    # A lone surrogate, as in a file's name that is no UTF-8, would break the encoding of the reply.
    line = " ".join(message.encode("utf-8", "replace").decode().split())
    return Refusal(code, line if len(line) <= _MAX_MESSAGE_LENGTH else f"{line[:_MAX_MESSAGE_LENGTH]}...", error)
