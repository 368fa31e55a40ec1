"""Serves a Spark MLlib PipelineModel (the folder that its save wrote) on a local Spark session. Needs Java 17."""

import argparse
import json
import os
import shutil
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..model import Batch, LoadedModel, StartError
from ..tensors import Signature, Tensor, texts
from .arrays import chosen, model_path, stated_signature, tensors_like
from .device import cpu_only

_CONFIGURATION = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "1",
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
    # Batches are small: compiling code for each costs more than it saves.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
# The row's number, since Spark promises no order.
_ROW = "skysail_row"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--driver-memory", default="1g", help="of the Java process (%(default)s)")


def load(options: argparse.Namespace) -> LoadedModel:
    cpu_only(options, "Spark MLlib")
    path = Path(model_path(options)).resolve()
    _check_saved(path)
    spark = _session(options)
    from pyspark.ml import PipelineModel

    model = PipelineModel.load(path.as_uri())
    stated = stated_signature(options)
    inputs = list(stated.inputs) if stated else inputs_of(model.stages)
    names = [output.name for output in stated.outputs] if stated else outputs_of(model.stages)

    def compute(rows: int, arrays: Sequence[np.ndarray], wanted: Sequence[str]) -> dict[str, Any]:
        frame = model.transform(_frame(spark, inputs, rows, arrays))
        return _collected(frame, wanted)

    example = compute(2, [spec.zeros(2) for spec in inputs], names)
    outputs = chosen(stated, tensors_like(example, example.values()))

    def predict(batch: Batch) -> dict[str, Any]:
        return compute(batch.rows, batch.inputs, batch.wanted)

    end_with_java(spark)
    signature = Signature(inputs, outputs)
    return LoadedModel("spark-mllib", signature, predict, thread_safe=True, classes=classes_of(model.stages))


def _check_saved(path: Path) -> None:
    metadata = sorted((path / "metadata").glob("part-*"))
    kind = (
        json.loads(metadata[0].read_text().partition("\n")[0]).get("class", "") if metadata else "no model of Spark's"
    )
    if not kind.endswith(".PipelineModel"):
        raise StartError(f"{path} is {kind}: save a PipelineModel, Pipeline(stages=[...]).fit(...)")


def _session(options: argparse.Namespace) -> Any:
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise StartError("Spark needs Java 17 (Debian's openjdk-17-jre-headless), or JAVA_HOME")
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(f"local[{options.threads}]").appName(options.name)
    for key, value in {**_CONFIGURATION, "spark.driver.memory": options.driver_memory}.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def end_with_java(spark: Any) -> None:
    """Without its Java process a wrapper could only fail: whoever started it starts it again. The Java process ends by
    itself when this one has."""

    def watch() -> None:
        code = spark.sparkContext._gateway.proc.wait()
        print(f"the Java process ended with {code}, and the wrapper with it", file=sys.stderr, flush=True)
        os._exit(1)

    threading.Thread(target=watch, name="java", daemon=True).start()


def inputs_of(stages: Sequence[Any]) -> list[Tensor]:
    """The columns that no earlier stage makes."""
    made: set[str] = set()
    inputs: dict[str, Tensor] = {}
    for stage in stages:
        for column in _columns(stage, "inputCol", "inputCols", "featuresCol"):
            if column not in made and column not in inputs:
                inputs[column] = _input(stage, column)
        made |= set(_columns(stage, "outputCol", "outputCols", "predictionCol", "probabilityCol", "rawPredictionCol"))
    return list(inputs.values())


def _input(stage: Any, column: str) -> Tensor:
    from pyspark.ml.feature import IndexToString, RegexTokenizer, StringIndexerModel, Tokenizer, VectorAssembler

    if isinstance(stage, Tokenizer | RegexTokenizer | StringIndexerModel):
        return Tensor(column, "BYTES")
    if isinstance(stage, VectorAssembler | IndexToString):
        return Tensor(column, "FP64")
    features = getattr(stage, "numFeatures", None)
    if not isinstance(features, int):
        raise StartError(f"{type(stage).__name__} does not state what column {column} holds: use --signature")
    return Tensor(column, "FP64", [features])


def outputs_of(stages: Sequence[Any]) -> list[str]:
    """What the pipeline's predictors say, and what its last stage makes."""
    predicted = [name for stage in stages for name in _columns(stage, "predictionCol", "probabilityCol")]
    return list(dict.fromkeys([*predicted, *_columns(stages[-1], "outputCol", "outputCols")]))


def classes_of(stages: Sequence[Any]) -> list[str] | None:
    """Of a pipeline that turns its last predictions into texts: these, in the order of the probabilities."""
    from pyspark.ml.feature import IndexToString

    last = stages[-1]
    return (list(last.getLabels()) or None) if isinstance(last, IndexToString) else None


def _columns(stage: Any, *params: str) -> list[str]:
    values = [stage.getOrDefault(param) for param in params if stage.hasParam(param) and stage.isDefined(param)]
    return [name for value in values for name in (value if isinstance(value, list) else [value]) if name]


def _frame(spark: Any, inputs: Sequence[Tensor], rows: int, arrays: Sequence[np.ndarray]) -> Any:
    import pyarrow
    from pyspark.ml.functions import array_to_vector

    columns = {_ROW: pyarrow.array(np.arange(rows))}
    for spec, array in zip(inputs, arrays, strict=True):
        columns[spec.name] = _arrow(spec, array)
    frame = spark.createDataFrame(pyarrow.table(columns))
    vectors = {spec.name: array_to_vector(spec.name) for spec in inputs if spec.shape and spec.dtype is not None}
    return frame.withColumns(vectors) if vectors else frame


def _arrow(spec: Tensor, array: np.ndarray) -> Any:
    import pyarrow

    values = pyarrow.array(texts(array).ravel() if spec.dtype is None else array.ravel())
    if not spec.shape:
        return values
    return pyarrow.ListArray.from_arrays(np.arange(len(array) + 1, dtype=np.int32) * spec.elements, values)


def _collected(frame: Any, names: Sequence[str]) -> dict[str, Any]:
    from pyspark.ml.functions import vector_to_array
    from pyspark.ml.linalg import VectorUDT

    columns = [
        vector_to_array(name).alias(name) if isinstance(frame.schema[name].dataType, VectorUDT) else frame[name]
        for name in names
    ]
    table = frame.select(_ROW, *columns).toArrow().sort_by(_ROW)
    return {name: _numpy(table[name].combine_chunks()) for name in names}


def _numpy(column: Any) -> np.ndarray:
    import pyarrow

    if pyarrow.types.is_list(column.type):
        return column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), -1)
    return column.to_numpy(zero_copy_only=False)
