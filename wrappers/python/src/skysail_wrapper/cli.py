"""`skysail-wrapper FRAMEWORK --model PATH`: serves a model saved by the framework's own tools."""

import argparse
import importlib
import sys
from types import ModuleType
from typing import NoReturn

from . import __version__
from .model import LoadedModel, StartError
from .options import wrapper_parser
from .process import Load, run_wrapper

# The framework's name on the command line, its adapter, and what pip knows it as.
FRAMEWORKS = {
    "sklearn": "scikit-learn (joblib, skops)",
    "onnx": "ONNX Runtime",
    "xgboost": "XGBoost",
    "lightgbm": "LightGBM",
    "vw": "Vowpal Wabbit",
    "pytorch": "PyTorch (TorchScript, exported program)",
    "tensorflow": "TensorFlow and Keras (SavedModel, .keras)",
    "caffe": "Caffe, with OpenCV's runtime",
    "coreml": "Core ML exports of Turi Create and GraphLab Create, as ONNX",
    "spark": "Spark MLlib (PipelineModel)",
}


def main() -> NoReturn:
    framework, *argv = sys.argv[1:] or ["--help"]
    if framework in ("-h", "--help"):
        print(_usage())
        sys.exit(0)
    if framework == "--version":
        print(__version__)
        sys.exit(0)
    try:
        adapter = _adapter(framework)
    except StartError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    parser = wrapper_parser(f"skysail-wrapper {framework}", (adapter.__doc__ or "").partition("\n")[0], framework)
    parser.add_argument("--model", required=True, metavar="PATH", help="the saved model")
    parser.add_argument("--signature", metavar="FILE", help="inputs and outputs as JSON, where the model states none")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda:0 where the framework has it (%(default)s)")
    if hasattr(adapter, "add_options"):
        adapter.add_options(parser)
    run_wrapper(parser, _load_of(adapter, framework), argv, artefact="model")


def _load_of(adapter: ModuleType, framework: str) -> Load:
    """An adapter of this package imports its framework when it loads a model: whether that is installed shows there."""
    if framework not in FRAMEWORKS:
        return adapter.load

    def load(options: argparse.Namespace) -> LoadedModel:
        try:
            return adapter.load(options)
        except ModuleNotFoundError as error:
            remedy = f"pip install './wrappers/python[{framework}]', in Skysail's folder"
            raise StartError(f"{framework}: the module {error.name} is not installed: {remedy}") from None

    return load


def _adapter(framework: str) -> ModuleType:
    """One of this package's, or a module of the user's by its dotted name."""
    name = f"{__package__}.adapters.{framework}" if framework in FRAMEWORKS else framework
    if framework not in FRAMEWORKS and "." not in framework:
        raise StartError(f"unknown framework {framework!r}: {', '.join(FRAMEWORKS)}, or the dotted name of a module")
    try:
        adapter = importlib.import_module(name)
    except ImportError as error:
        raise StartError(f"cannot load the adapter {name}: {error}") from None
    if not hasattr(adapter, "load"):
        raise StartError(f"{name} is no adapter: it has no function load")
    return adapter


def _usage() -> str:
    lines = [
        "usage: skysail-wrapper FRAMEWORK --model PATH [options]",
        "       skysail-wrapper FRAMEWORK --help",
        "       skysail-wrapper --version",
        "",
        "FRAMEWORK is the dotted name of a module with a function load, or one of",
        *(f"  {name:<12} {what}" for name, what in FRAMEWORKS.items()),
    ]
    return "\n".join(lines)
