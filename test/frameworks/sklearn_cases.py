"""scikit-learn: digits, and a forest (joblib), iris (skops), a pipeline with texts in, and one over a table."""

import joblib
import numpy as np
import pandas
import sklearn
import skops.io
from case import digits, folder, write_case
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from texts import sentences


def numbers(name, model, path, x, *, whole=True):
    write_case(
        name,
        "sklearn",
        sklearn.__version__,
        [],
        path,
        {"x": ("FP32", x)},
        {"label": ("INT64", model.predict(x)), "probabilities": ("FP64", model.predict_proba(x))},
        labels=[str(label) for label in model.classes_],
        whole=whole,
    )


train_x, train_y, test_x, _ = digits()
svm = SVC(probability=True, random_state=1).fit(train_x, train_y)
joblib.dump(svm, folder() / "digits.joblib")
numbers("digits, support vector machine", svm, folder() / "digits.joblib", test_x)

forest = make_pipeline(StandardScaler(), RandomForestClassifier(20, random_state=1)).fit(train_x, train_y)
joblib.dump(forest, folder() / "forest.joblib")
numbers("digits, a forest", forest, folder() / "forest.joblib", test_x, whole=False)

x, y = load_iris(return_X_y=True)
iris = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
skops.io.dump(iris, folder() / "iris.skops")
numbers("iris, a pipeline saved with skops", iris, folder() / "iris.skops", x.astype(np.float32))

texts, labels = sentences()
numbers_of = range(len(texts))
table = pandas.DataFrame(
    {
        "age": [float(100 * i % 37) for i in numbers_of],
        "city": [f"city {i % 5}" for i in numbers_of],
        "note": texts,
        "unused": numbers_of,
    }
)
by_column = make_column_transformer(
    (StandardScaler(), ["age"]), (OneHotEncoder(), ["city"]), (TfidfVectorizer(), "note"), ("drop", ["unused"])
)
model = make_pipeline(by_column, LogisticRegression()).fit(table, labels)
joblib.dump(model, folder() / "table.joblib")
write_case(
    "a table, by column",
    "sklearn",
    sklearn.__version__,
    [],
    folder() / "table.joblib",
    {
        "age": ("FP64", table["age"].to_numpy()),
        "city": ("BYTES", list(table["city"])),
        "note": ("BYTES", list(table["note"])),
    },
    {"label": ("BYTES", model.predict(table)), "probabilities": ("FP64", model.predict_proba(table))},
    labels=sorted(set(labels)),
    whole=False,
)

pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10)).fit(texts, labels)
joblib.dump(pipeline, folder() / "texts.joblib")
write_case(
    "texts, a pipeline",
    "sklearn",
    sklearn.__version__,
    [],
    folder() / "texts.joblib",
    {"text": ("BYTES", texts)},
    {"label": ("BYTES", pipeline.predict(texts)), "probabilities": ("FP64", pipeline.predict_proba(texts))},
    labels=sorted(set(labels)),
)
