"""What a framework's script leaves for the tests: a saved model, how to serve it, rows, and what the framework itself
answers to them when called directly."""

import base64
import hashlib
import json
import sys
from pathlib import Path

import numpy as np

DTYPES = {"UINT8": "u1", "INT64": "<i8", "INT32": "<i4", "FP32": "<f4", "FP64": "<f8"}


def folder():
    """Where to save the model: the script's argument."""
    path = Path(sys.argv[1])
    path.mkdir(parents=True, exist_ok=True)
    return path


def digits():
    """(train x, train y, test x, test y) of the UCI digits, pixels 0 to 1."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split((x / 16).astype(np.float32), y, test_size=400, random_state=1)
    return train_x, train_y, test_x, test_y


def write_case(name, framework, version, args, model, inputs, outputs, *, labels=None, whole=True):
    """`inputs` and `outputs`: name to (datatype, array or list of texts), of as many rows each. Not `whole`: agreement
    is tested, the rest of the contract with another model of the framework. `labels`: its classes in the
    metadata."""
    rows = len(next(iter(inputs.values()))[1])
    case = {
        "name": name,
        "framework": framework,
        "version": version,
        "args": ["--model", str(model), *args],
        "artefactSha256": digest_of(model),
        "rows": rows,
        "labels": labels,
        "whole": whole,
        "signature": {"inputs": specs(inputs), "outputs": specs(outputs)},
        "inputs": packed_rows(inputs),
        "outputs": packed_rows(outputs),
    }
    # One line: a script may make several cases.
    print(json.dumps(case))


def specs(tensors):
    return [
        {"name": name, "datatype": datatype, "shape": list(np.shape(values)[1:])}
        for name, (datatype, values) in tensors.items()
    ]


def packed_rows(tensors):
    """Per tensor, its rows in base64."""
    return [[base64.b64encode(pack(datatype, row)).decode() for row in values] for datatype, values in tensors.values()]


def pack(datatype, row):
    if datatype != "BYTES":
        return np.asarray(row, DTYPES[datatype]).tobytes()
    if isinstance(row, list):
        return b"".join(pack(datatype, one) for one in row)
    text = row if isinstance(row, bytes) else str(row).encode()
    return len(text).to_bytes(4, "little") + text


def digest_of(path):
    if path.is_dir():
        names = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
        lines = "".join(f"{digest_of(path / name)}  {name}\n" for name in names)
        return hashlib.sha256(lines.encode()).hexdigest()
    return hashlib.sha256(path.read_bytes()).hexdigest()
