#!/usr/bin/env python3
"""Train the three models of the digits example and export them to ONNX.

Without options, writes data/, models/ and metrics.json beside this script and
refreshes the weights and the trial image in application.json. With --check,
does the same in a temporary folder and compares the result with what is here.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

# One BLAS thread: the order of floating-point sums, and so the files, stay the same from run to run.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
import onnx
import onnxruntime
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).resolve().parent
SEED = 20240229
TEST_ROWS = 450
FOLDS = 5
CLASSES = 10
PIXELS = 64
OPSET = {"": 17, "ai.onnx.ml": 1}
IR_VERSION = 8
TOLERANCE = 1e-5
TRY_CONFIDENCE = 0.95


def build_models():
    """The untrained models. Any scaling is inside the pipeline: all of them take raw pixels."""
    return {
        # Newton's method reaches the optimum to the last digits, whatever the processor.
        "digits-logistic": make_pipeline(
            StandardScaler(), LogisticRegression(C=0.1, solver="newton-cholesky", tol=1e-10)
        ),
        # A fixed number of epochs (tol=0, patience as long as the run) rather than a stopping rule
        # that the last bit of a loss could tip.
        "digits-mlp": make_pipeline(
            StandardScaler(),
            MLPClassifier((64, 32), alpha=1e-2, max_iter=60, tol=0.0, n_iter_no_change=60, random_state=SEED),
        ),
        "digits-forest": RandomForestClassifier(n_estimators=40, min_samples_leaf=2, random_state=SEED),
    }


def load_split():
    # Pixels stay float64: trained in float32, the weights would depend on the processor's BLAS kernels.
    pixels, labels = load_digits(return_X_y=True)
    return train_test_split(pixels, labels.astype(np.int64), test_size=TEST_ROWS, stratify=labels, random_state=SEED)


def write_csv(path, pixels, labels):
    rows = [",".join(["label", *(f"p{i}" for i in range(PIXELS))])]
    rows += [",".join(map(str, [label, *image])) for label, image in zip(labels, pixels.astype(int))]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8", newline="\n")


def export(name, model):
    """Serialise a fitted model: `pixels` [batch, 64] in, `label` [batch] and `probabilities` [batch, 10] out."""
    # The name is given because skl2onnx would otherwise make up a random one.
    proto = convert_sklearn(
        model,
        name=name,
        initial_types=[("pixels", FloatTensorType([None, PIXELS]))],
        options={"zipmap": False},
        target_opset=OPSET,
    )
    proto.ir_version = IR_VERSION
    # skl2onnx may list a domain twice, or in an order of its own.
    del proto.opset_import[:]
    proto.opset_import.extend(onnx.helper.make_opsetid(domain, version) for domain, version in OPSET.items())
    graph = proto.graph
    shapes = {"pixels": ["batch", PIXELS], "label": ["batch"], "probabilities": ["batch", CLASSES]}
    kinds = {
        "pixels": onnx.TensorProto.FLOAT,
        "label": onnx.TensorProto.INT64,
        "probabilities": onnx.TensorProto.FLOAT,
    }
    for values in (graph.input, graph.output):
        for value in values:
            value.CopyFrom(onnx.helper.make_tensor_value_info(value.name, kinds[value.name], shapes[value.name]))
    if [v.name for v in graph.input] != ["pixels"] or [v.name for v in graph.output] != ["label", "probabilities"]:
        raise SystemExit(f"{name}: unexpected inputs or outputs in the exported graph")
    onnx.checker.check_model(proto, full_check=True)
    return proto.SerializeToString(deterministic=True)


def open_onnx(content):
    """A function from pixels to (labels, probabilities)."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return lambda pixels: session.run(["label", "probabilities"], {"pixels": pixels.astype(np.float32)})


def verify_export(name, model, content, pixels):
    """Hold the exported model to scikit-learn's answers, and a batch to its rows sent one by one."""
    predict = open_onnx(content)
    labels, probabilities = predict(pixels)
    same = labels == model.predict(pixels)
    gap = float(np.abs(probabilities - model.predict_proba(pixels)).max())
    rows = [predict(pixels[i : i + 1]) for i in range(len(pixels))]
    row_labels = np.concatenate([r[0] for r in rows])
    row_gap = float(np.abs(np.concatenate([r[1] for r in rows]) - probabilities).max())
    print(
        f"{name}: {len(content):,} bytes, {same.sum()}/{len(same)} labels as scikit-learn "
        f"(probabilities within {gap:.1e}), batch against single rows within {row_gap:.1e}"
    )
    faults = []
    if not same.all() or not (probabilities.argmax(axis=1) == labels).all():
        faults.append(f"labels differ from scikit-learn or from the most probable class, rows {np.flatnonzero(~same)}")
    if not (row_labels == labels).all():
        faults.append("labels of a batch differ from those of its rows")
    if gap > TOLERANCE or row_gap > TOLERANCE:
        faults.append("probabilities are too far apart")
    if faults:
        raise SystemExit(f"{name}: " + "; ".join(faults))
    return labels, probabilities


def pick_trial(labels, predictions):
    """The first test image that every model gets right with confidence."""
    rows = np.arange(len(labels))
    lowest = np.min([probabilities[rows, labels] for _, probabilities in predictions.values()], axis=0)
    sure = np.flatnonzero(lowest >= TRY_CONFIDENCE)
    if len(sure) == 0:
        raise SystemExit(f"no test image that every model gets right with probability {TRY_CONFIDENCE} or more")
    return int(sure[0])


def to_json(value, lead=0, indent=0, width=120):
    """JSON as Prettier leaves it: on one line where that fits, rows of numbers filled up to the width."""
    if not isinstance(value, (dict, list)) or not value:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        keys = [json.dumps(k) + ": " for k in value]
        inline = "{ " + ", ".join(k + to_json(v, width=10**9) for k, v in zip(keys, value.values())) + " }"
    else:
        inline = "[" + ", ".join(to_json(v, width=10**9) for v in value) + "]"
    several = isinstance(value, list) and len(value) > 1 and all(isinstance(v, dict) and len(v) > 1 for v in value)
    # One column is kept for the comma that may follow.
    if len(inline) + lead < width and (not several or width == 10**9):
        return inline
    inner = indent + 2
    pad = " " * inner
    if isinstance(value, dict):
        parts = [k + to_json(v, inner + len(k), inner, width) for k, v in zip(keys, value.values())]
        return "{\n" + ",\n".join(pad + p for p in parts) + "\n" + " " * indent + "}"
    if all(isinstance(v, (int, float)) for v in value):
        lines = [""]
        for i, v in enumerate(value):
            text = json.dumps(v) + ("," if i < len(value) - 1 else "")
            if lines[-1] and inner + len(lines[-1]) + 1 + len(text) > width:
                lines.append("")
            lines[-1] += (" " if lines[-1] else "") + text
    else:
        lines = [to_json(v, inner, inner, width) + "," for v in value]
        lines[-1] = lines[-1][:-1]
    return "[\n" + "\n".join(pad + line for line in lines) + "\n" + " " * indent + "]"


def write_json(path, value):
    path.write_text(to_json(value) + "\n", encoding="utf-8", newline="\n")


def train(out):
    """Write every generated file under `out`, which holds an application.json to refresh."""
    train_x, test_x, train_y, test_y = load_split()
    (out / "data").mkdir(exist_ok=True)
    (out / "models").mkdir(exist_ok=True)
    write_csv(out / "data" / "train.csv", train_x, train_y)
    write_csv(out / "data" / "test.csv", test_x, test_y)

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    weights, predictions, models = {}, {}, {}
    for name, model in build_models().items():
        weights[name] = round(float(cross_val_score(model, train_x, train_y, cv=folds).mean()), 4)
        model.fit(train_x, train_y)
        content = export(name, model)
        (out / "models" / f"{name}.onnx").write_bytes(content)
        predictions[name] = verify_export(name, model, content, test_x)
        accuracy = float((predictions[name][0] == test_y).mean())
        models[name] = {"crossValidatedAccuracy": weights[name], "testAccuracy": round(accuracy, 4)}

    average = np.mean([probabilities for _, probabilities in predictions.values()], axis=0)
    metrics = {
        "split": {"seed": SEED, "train": len(train_y), "test": len(test_y)},
        "models": models,
        "equalWeightAverage": {"testAccuracy": round(float((average.argmax(axis=1) == test_y).mean()), 4)},
    }
    write_json(out / "metrics.json", metrics)

    manifest = json.loads((out / "application.json").read_text(encoding="utf-8"))
    for entry in manifest["models"]:
        entry["weight"] = weights[entry["name"]]
    row = pick_trial(test_y, predictions)
    manifest["try"] = {"values": [int(p) for p in test_x[row]], "label": str(test_y[row])}
    write_json(out / "application.json", manifest)
    print(json.dumps(metrics, indent=2))


def compare(fresh, committed, test_pixels):
    """Say how a regenerated file stands to the committed one; returns (acceptable, words)."""
    if not committed.is_file():
        return False, "missing"
    new, old = fresh.read_bytes(), committed.read_bytes()
    if new == old:
        return True, "identical"
    if fresh.suffix == ".json":
        return (True, "same values") if json.loads(new) == json.loads(old) else (False, "values differ")
    if fresh.suffix != ".onnx":
        return False, "differs"
    new_labels, new_probabilities = open_onnx(new)(test_pixels)
    old_labels, old_probabilities = open_onnx(old)(test_pixels)
    moved = int((new_labels != old_labels).sum())
    gap = float(np.abs(new_probabilities - old_probabilities).max())
    words = f"bytes differ; {moved} labels changed on the test split, probabilities within {gap:.1e}"
    return moved == 0 and gap <= TOLERANCE, words


def check():
    with tempfile.TemporaryDirectory(prefix="digits-check-") as folder:
        out = Path(folder)
        shutil.copyfile(HERE / "application.json", out / "application.json")
        train(out)
        test_pixels = load_split()[1]
        sound = True
        for fresh in sorted(p for p in out.rglob("*") if p.is_file()):
            name = fresh.relative_to(out)
            good, words = compare(fresh, HERE / name, test_pixels)
            sound = sound and good
            print(f"{'ok  ' if good else 'FAIL'} {name.as_posix()}: {words}")
    return 0 if sound else 1


def main():
    parser = argparse.ArgumentParser(description="Train the digits models and export them to ONNX.")
    parser.add_argument(
        "--check",
        action="store_true",
        help="retrain into a temporary folder and compare with the files here; exit 1 on a difference "
        f"(models may differ in bytes if labels on the test split agree and probabilities are within {TOLERANCE})",
    )
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", category=ConvergenceWarning)  # the MLP runs a fixed number of epochs
    if arguments.check:
        return check()
    train(HERE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
