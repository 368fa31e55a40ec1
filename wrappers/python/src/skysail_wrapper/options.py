"""What every wrapper takes on its command line."""

import argparse
from collections.abc import Callable
from typing import NoReturn

from .model import StartError
from .peers import PeerFiles

_DEFAULT_MAX_MESSAGE_BYTES = 16 * 1024 * 1024


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise StartError(message)


def wrapper_parser(program: str, description: str, default_name: str) -> argparse.ArgumentParser:
    parser = _Parser(prog=program, description=description, allow_abbrev=False)
    parser.add_argument("--name", default=default_name, help="the model's name (%(default)s)")
    parser.add_argument("--model-version", "--version", default="1", help="the model's version (%(default)s)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--listen",
        type=_listen_address,
        default="127.0.0.1:0",
        help="unix:/path or host:port; port 0 takes a free one (%(default)s)",
    )
    where.add_argument("--port", type=_port, help="short for --listen 127.0.0.1:PORT")
    parser.add_argument(
        "--max-message-bytes",
        type=positive_integer,
        default=_DEFAULT_MAX_MESSAGE_BYTES,
        help="longest message, both ways (%(default)s)",
    )
    parser.add_argument("--max-rows", type=positive_integer, default=65_536, help="of a request (%(default)s)")
    parser.add_argument(
        "--non-finite", choices=("pass", "refuse"), default="pass", help="NaN and infinite inputs (%(default)s)"
    )
    parser.add_argument(
        "--labels", type=_labels, metavar="A,B,...", help="names of the model's classes, in the order of its scores"
    )
    parser.add_argument("--tls-ca", metavar="FILE", help="authority: answer only Skysail's server")
    parser.add_argument("--tls-certificate", metavar="FILE", help="this wrapper's own, with its chain; read again")
    parser.add_argument("--tls-key", metavar="FILE", help="its private key, in PEM like the others")
    parser.add_argument("--exit-with-stdin", action="store_true", help="exit with the process that started this one")
    parser.add_argument(
        "--workers", type=positive_integer, default=1, help="batches computed at once, each in a thread (%(default)s)"
    )
    parser.add_argument(
        "--threads", type=positive_integer, default=1, help="of the framework within one batch (%(default)s)"
    )
    parser.add_argument(
        "--execution",
        choices=("auto", "inline", "thread"),
        default="auto",
        help="inline computes in the event loop's thread: auto where 64 rows take less than a millisecond",
    )
    parser.add_argument("--no-warm-up", action="store_true", help="for a model that rows of zeros make fail")
    return parser


def listen_of(options: argparse.Namespace) -> str:
    return options.listen if options.port is None else f"127.0.0.1:{options.port}"


def tls_of(options: argparse.Namespace) -> PeerFiles | None:
    ca, certificate, key = options.tls_ca, options.tls_certificate, options.tls_key
    if ca is None and certificate is None and key is None:
        return None
    if ca is None or certificate is None or key is None:
        raise StartError("--tls-ca, --tls-certificate and --tls-key: give all three, or none to answer everyone")
    if listen_of(options).startswith("unix:"):
        raise StartError("--tls-ca is for host:port: a socket is this user's alone already")
    return PeerFiles(ca=ca, certificate=certificate, key=key)


def positive_integer(text: str) -> int:
    return _integer(text, 1, None, "It must be a positive integer.")


def _labels(text: str) -> list[str]:
    labels = text.split(",")
    if len(labels) > 1 and all(labels) and len(set(labels)) == len(labels):
        return labels
    raise argparse.ArgumentTypeError("It must be two names or more, each once, separated by commas.")


def _port(text: str) -> int:
    return _integer(text, 0, 65_535, "It must be a port, 0 to 65535.")


def _integer(text: str, least: int, most: int | None, message: str) -> int:
    if text.isascii() and text.isdigit() and least <= int(text) and (most is None or int(text) <= most):
        return int(text)
    raise argparse.ArgumentTypeError(message)


def _listen_address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if (text.startswith("unix:") and len(text) > 5) or (colon and host and port.isdigit() and len(port) <= 5):
        return text
    raise argparse.ArgumentTypeError("It must be unix:/path or host:port.")


def one_of(*choices: str) -> Callable[[str], list[str]]:
    """A parser for some of the choices, separated by commas."""

    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        if all(choice in choices for choice in chosen) and len(set(chosen)) == len(chosen):
            return chosen
        raise argparse.ArgumentTypeError(f"It must be some of {', '.join(choices)}, separated by commas.")

    return parse
