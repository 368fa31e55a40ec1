"""The whole life of a wrapper process: options, model, ready line, signals, exit code."""

import argparse
import asyncio
import hashlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from logging import Logger
from pathlib import Path
from typing import NoReturn

from threadpoolctl import threadpool_limits

from .logs import log_as_json_lines
from .model import LoadedModel, StartError
from .options import listen_of, tls_of
from .request import Served
from .server import ServeOptions, WrapperServer
from .warm_up import warm_up

Load = Callable[[argparse.Namespace], LoadedModel]

# A model in the event loop's thread keeps everything else waiting: worth it up to this for 64 rows.
_INLINE_MS = 1.0
# Within a second of stdin's end the process is gone: so long for what is in flight, so long in all.
_STDIN_DRAIN_SECONDS = 0.4
_STDIN_EXIT_SECONDS = 0.8


def run_wrapper(
    parser: argparse.ArgumentParser, load: Load, argv: Sequence[str], *, artefact: str | None = None
) -> NoReturn:
    """Never returns. `load` raises StartError (or OSError) with one clear line when the options cannot be served; of
    anything else that it raises the stack goes into the log before the line. `artefact` names the option that holds the
    path of the model."""
    _exit_on_signals()
    ready_lines = _own_stdout()
    logger = log_as_json_lines("skysail-wrapper")
    try:
        options = _parse(parser, argv, ready_lines)
        stdin = _Stdin() if options.exit_with_stdin else None
        _limit_threads(options.threads)
        models = _load(load, options)
        served = Served(
            name=options.name,
            version=options.model_version,
            signature=models[0].signature,
            max_rows=options.max_rows,
            refuse_non_finite=options.non_finite == "refuse",
        )
        serve_options = ServeOptions(
            listen=listen_of(options),
            max_message_bytes=options.max_message_bytes,
            tls=tls_of(options),
            inline=_computes_inline(options, models, served, logger),
            labels=options.labels,
            artefact_sha256=None if artefact is None else digest_of(Path(getattr(options, artefact))),
        )
        # Pure Python computing in a worker gives way this often: the default of 5 ms is longer than many batches.
        sys.setswitchinterval(0.0005)
        asyncio.run(_serve(models, served, serve_options, logger, stdin, ready_lines))
        _exit(0)
    except (Exception, SystemExit) as error:
        _give_up(error, logger)


def _give_up(error: BaseException, logger: Logger) -> NoReturn:
    """The last line is for a person. Bad options, a missing file, an occupied port need no more; what a framework or
    somebody's own code has raised needs its stack, before that line."""
    text = " ".join(str(error).split()) or type(error).__name__
    expected = isinstance(error, StartError | OSError)
    if not expected or error.__cause__ is not None:
        logger.error("cannot start", exc_info=error)
    print(text if expected else f"cannot start: {type(error).__name__}: {text}", file=sys.stderr)
    _exit(1)


def _exit_on_signals() -> None:
    """Until it serves there is nothing to drain."""
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: os._exit(0))


def _own_stdout() -> int:
    """The first line on stdout is the ready line. Whatever a framework prints goes to stderr instead, native code's
    too."""
    own = os.dup(1)
    os.dup2(2, 1)
    return own


def _parse(parser: argparse.ArgumentParser, argv: Sequence[str], out: int) -> argparse.Namespace:
    if any(argument in ("-h", "--help") for argument in argv):
        os.write(out, parser.format_help().encode())
        _exit(0)
    return parser.parse_args(argv)


def _limit_threads(count: int) -> None:
    """For libraries that are loaded later, and for those that are loaded already."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(count)
    threadpool_limits(count)


def _load(load: Load, options: argparse.Namespace) -> list[LoadedModel]:
    first = load(options)
    more = options.workers - 1
    return [first, *([first] * more if first.thread_safe else [load(options) for _ in range(more)])]


def _computes_inline(
    options: argparse.Namespace, models: Sequence[LoadedModel], served: Served, logger: Logger
) -> bool:
    if options.execution == "inline" and options.workers > 1:
        raise StartError("--execution inline has one worker")
    if options.no_warm_up:
        return options.execution == "inline"
    fastest_ms = [warm_up(model, served) for model in {id(model): model for model in models}.values()]
    auto = options.execution == "auto" and options.workers == 1
    inline = options.execution == "inline" or (auto and _is_fast(models[0], fastest_ms[0]))
    execution = "inline" if inline else "thread"
    logger.info("timed 64 rows", extra={"fields": {"fastestMs": round(fastest_ms[0], 3), "execution": execution}})
    return inline


def _is_fast(model: LoadedModel, fastest_ms: float) -> bool:
    """What a row of texts takes depends on the texts, and nothing bounds it: it counts as slow."""
    texts = any(spec.dtype is None for spec in model.signature.inputs)
    return fastest_ms < _INLINE_MS and not texts and not model.cost_varies


def digest_of(path: Path) -> str:
    """SHA-256 of a file; of a folder, of the lines `sha256  relative/path` of its files in the order of their paths."""
    if path.is_dir():
        files = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
        lines = "".join(f"{digest_of(path / file)}  {file}\n" for file in files)
        return hashlib.sha256(lines.encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _serve(
    models: Sequence[LoadedModel],
    served: Served,
    options: ServeOptions,
    logger: Logger,
    stdin: "_Stdin | None",
    ready_lines: int,
) -> None:
    loop = asyncio.get_running_loop()
    server = WrapperServer(models, served, options, logger)
    address = await server.start()
    stopped = loop.create_future()
    _stop_on_signals(loop, server, stopped, logger)
    if stdin is not None:
        stdin.serves(lambda: loop.call_soon_threadsafe(_settle, stopped, _STDIN_DRAIN_SECONDS))
    ready = {"listening": address, "model": served.name, "version": served.version}
    os.write(ready_lines, f"{json.dumps(ready)}\n".encode())
    limit_seconds = await stopped
    await server.stop(limit_seconds)


def _stop_on_signals(
    loop: asyncio.AbstractEventLoop, server: WrapperServer, stopped: "asyncio.Future[float]", logger: Logger
) -> None:
    """SIGTERM and SIGINT drain; a second one gives up waiting."""
    signals = 0

    def on_signal(name: str) -> None:
        nonlocal signals
        signals += 1
        if signals > 1:
            _exit(1)
        # Before the log says so.
        server.refuse()
        logger.info("draining", extra={"fields": {"signal": name}})
        _settle(stopped, 4.0)

    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, on_signal, one.name)


def _settle(stopped: "asyncio.Future[float]", limit_seconds: float) -> None:
    if not stopped.done():
        stopped.set_result(limit_seconds)


class _Stdin:
    """The launcher holds the other end: when it dies in whatever way, its wrappers go too, instead of piling up.
    Watched from the beginning, since a model may take minutes to load, or never finish: until it serves there is
    nothing to drain, and the process just exits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stop: Callable[[], None] | None = None
        threading.Thread(target=self._watch, name="stdin", daemon=True).start()

    def serves(self, stop: Callable[[], None]) -> None:
        with self._lock:
            self._stop = stop

    def _watch(self) -> None:
        try:
            while os.read(0, 65_536):
                pass
        except OSError:
            # Closed or never open: as good as ended.
            pass
        with self._lock:
            stop = self._stop
        if stop is None:
            _exit(0)
        threading.Timer(_STDIN_EXIT_SECONDS, _exit, (0,)).start()
        stop()


def _exit(code: int) -> NoReturn:
    """At once: neither a worker's thread nor a framework's own clean-up may keep the process."""
    sys.stderr.flush()
    os._exit(code)
