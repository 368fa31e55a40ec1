"""Logs as JSON lines on stderr, in the fields that the TypeScript wrappers use."""

import json
import logging
import math
import os
import socket
import sys
import time
from collections.abc import Callable

# pino's numbers.
_LEVELS = {logging.DEBUG: 20, logging.INFO: 30, logging.WARNING: 40, logging.ERROR: 50, logging.CRITICAL: 60}


class _JsonLines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__()
        self._host = socket.gethostname()

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "level": _LEVELS.get(record.levelno, record.levelno),
            "time": int(record.created * 1000),
            "pid": os.getpid(),
            "hostname": self._host,
            "name": record.name,
            "msg": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["err"] = self.formatException(record.exc_info)
        return json.dumps(line)


def log_as_json_lines(name: str) -> logging.Logger:
    """Also what frameworks log and warn about."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    logging.captureWarnings(True)
    return logging.getLogger(name)


class Seldom:
    """Allows something once, and again when so many seconds have passed. From several threads now and then twice."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._next = -math.inf

    def allows(self) -> bool:
        now = self._now()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True
