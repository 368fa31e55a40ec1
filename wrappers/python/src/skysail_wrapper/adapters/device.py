"""What `--device` says."""

import argparse
import os
import re

from ..model import StartError


def cpu_only(options: argparse.Namespace, framework: str) -> None:
    if options.device != "cpu":
        raise StartError(f"--device {options.device}: {framework} runs on the CPU only")


def cuda_index(options: argparse.Namespace) -> int | None:
    """Of cuda or cuda:N; None for cpu."""
    if options.device == "cpu":
        return None
    given = re.fullmatch(r"cuda(?::([0-9]+))?", options.device)
    if given is None:
        raise StartError(f"--device {options.device}: it must be cpu, cuda or cuda:N")
    return int(given[1] or "0")


def require_device(options: argparse.Namespace, framework: str, index: int, count: int) -> None:
    """Raises StartError where the framework sees fewer GPUs: some would compute on the CPU and say nothing."""
    if index >= count:
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        # Whoever started it may have chosen the GPU so: `skysail deploy --device cuda:7` says 7 there.
        limits = "" if visible is None else f" with CUDA_VISIBLE_DEVICES={visible!r}"
        what = f"{framework} sees {count} CUDA devices here{limits}, see docs/gpu.md"
        raise StartError(f"--device {options.device}: {what}")
