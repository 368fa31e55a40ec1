"""Model wrappers for Skysail in Python: see README.md and PROTOCOL.md."""

import os

# gRPC's own lines are no JSON, and what matters of them arrives as errors.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

__version__ = "0.1.0"

from .classes import class_names
from .function import FunctionModel, model
from .model import Batch, LoadedModel, RequestError, StartError
from .options import wrapper_parser
from .process import run_wrapper
from .tensors import Signature, Tensor, datatype_of, read_signature_file, texts

__all__ = [
    "Batch",
    "FunctionModel",
    "LoadedModel",
    "RequestError",
    "Signature",
    "StartError",
    "Tensor",
    "class_names",
    "datatype_of",
    "model",
    "read_signature_file",
    "run_wrapper",
    "texts",
    "wrapper_parser",
]
