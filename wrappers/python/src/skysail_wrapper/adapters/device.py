"""What `--device` says."""

import argparse

from ..model import StartError


def cpu_only(options: argparse.Namespace, framework: str) -> None:
    if options.device != "cpu":
        raise StartError(f"--device {options.device}: {framework} runs on the CPU only")


def cuda_index(options: argparse.Namespace) -> int | None:
    """Of cuda or cuda:N; None for cpu."""
    if options.device == "cpu":
        return None
    kind, _, index = options.device.partition(":")
    if kind != "cuda" or not (index or "0").isdigit():
        raise StartError(f"--device {options.device}: it must be cpu, cuda or cuda:N")
    return int(index or "0")


def require_device(options: argparse.Namespace, framework: str, index: int, count: int) -> None:
    """Raises StartError where the framework sees fewer GPUs: some would compute on the CPU and say nothing."""
    if index >= count:
        raise StartError(f"--device {options.device}: {framework} sees {count} CUDA devices here, see docs/gpu.md")
