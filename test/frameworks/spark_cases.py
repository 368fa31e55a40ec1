"""Spark MLlib: texts (tokenise, TF-IDF, logistic regression, the label's name), and iris."""

import os

os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")

import numpy as np
import pyspark
from case import folder, write_case
from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import IDF, HashingTF, IndexToString, StringIndexer, Tokenizer
from pyspark.ml.functions import array_to_vector
from pyspark.sql import SparkSession
from sklearn.datasets import load_iris
from texts import sentences

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")


def case(name, model, path, inputs, frame, columns, *, labels=None, whole):
    model.write().overwrite().save(path.as_uri())
    answers = model.transform(frame).select(*columns).collect()
    outputs = {column: (datatype, [row[column] for row in answers]) for column, datatype in columns.items()}
    if "probability" in columns:
        outputs["probability"] = ("FP64", np.array([row["probability"].toArray() for row in answers]))
    write_case(name, "spark", pyspark.__version__, [], path, inputs, outputs, labels=labels, whole=whole)


texts, labels = sentences()
frame = spark.createDataFrame(list(zip(texts, labels, strict=True)), ["text", "about"])
indexer = StringIndexer(inputCol="about", outputCol="label").fit(frame)
stages = [
    Tokenizer(inputCol="text", outputCol="words"),
    HashingTF(inputCol="words", outputCol="counts", numFeatures=1024),
    IDF(inputCol="counts", outputCol="features"),
    LogisticRegression(maxIter=10, regParam=0.01),
    IndexToString(inputCol="prediction", outputCol="about_predicted", labels=indexer.labels),
]
model = Pipeline(stages=stages).fit(indexer.transform(frame))
columns = {"prediction": "FP64", "probability": "FP64", "about_predicted": "BYTES"}
case("texts", model, folder() / "texts", {"text": ("BYTES", texts)}, frame, columns, labels=indexer.labels, whole=True)

x, y = load_iris(return_X_y=True)
frame = spark.createDataFrame([(row.tolist(), int(label)) for row, label in zip(x, y, strict=True)], ["x", "label"])
frame = frame.withColumn("features", array_to_vector("x"))
model = Pipeline(stages=[LogisticRegression(maxIter=10)]).fit(frame)
columns = {"prediction": "FP64", "probability": "FP64"}
case("iris", model, folder() / "iris", {"features": ("FP64", x)}, frame, columns, whole=False)
