"""Core ML specifications of the types that Turi Create exports and the parts that its pipelines are made of, written
with coremltools from models that scikit-learn trained, whose own answers are expected."""

import coreml_models as coreml
import coreml_networks as networks
import coremltools
import numpy as np
from case import digits, folder, write_case
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler, normalize
from sklearn.svm import SVC, SVR


def case(name, specification, inputs, outputs, *, labels=None, whole=False):
    path = folder() / f"{name}.mlmodel"
    path.write_bytes(specification.SerializeToString())
    write_case(name, "coreml", coremltools.__version__, [], path, inputs, outputs, labels=labels, whole=whole)


def classes_case(name, specification, inputs, model, rows, **more):
    label = model.predict(rows)
    texts = isinstance(model.classes_[0], str)
    outputs = {
        "label": ("BYTES", [str(text) for text in label]) if texts else ("INT64", label),
        "probabilities": ("FP32", model.predict_proba(rows).astype(np.float32)),
    }
    case(name, specification, inputs, outputs, labels=[str(one) for one in model.classes_], **more)


def value_case(name, specification, inputs, model, rows):
    case(name, specification, inputs, {"value": ("FP32", model.predict(rows).astype(np.float32).reshape(-1, 1))})


def columns(names, rows):
    return {name: ("FP32", rows[:, i : i + 1]) for i, name in enumerate(names)}


train_x, train_y, test_x, _ = digits()
x = {"x": ("FP32", test_x)}
forest = RandomForestClassifier(20, max_depth=8, random_state=1).fit(train_x, train_y)
classes_case("digits, a tree ensemble", coreml.tree_classifier("x", forest), x, forest, test_x, whole=True)
even = LogisticRegression().fit(train_x, train_y % 2)
classes_case("digits even or odd, a linear classifier", coreml.linear_classifier("x", even), x, even, test_x)
words = np.array(["low", "mid", "high"])[train_y // 4]
by_word = OneVsRestClassifier(LogisticRegression()).fit(train_x, words)
classes_case("digits by size in words, a linear classifier", coreml.linear_classifier("x", by_word), x, by_word, test_x)
# Of two classes: a score for each, or of the second alone, as boosted trees have it.
pair = RandomForestClassifier(20, max_depth=6, random_state=1).fit(train_x, train_y % 2)
classes_case("digits even or odd, a tree ensemble", coreml.tree_classifier("x", pair), x, pair, test_x)
boosted = GradientBoostingClassifier(n_estimators=20, init="zero", random_state=1).fit(train_x, train_y % 2)
for transform in "Regression_Logistic", "Classification_SoftMaxWithZeroClassReference":
    specification = coreml.boosted_classifier("x", boosted, transform)
    classes_case(f"digits even or odd, boosted trees, {transform}", specification, x, boosted, test_x)
for name, targets in ("digits even or odd", train_y % 2), ("digits", train_y):
    machine = SVC(probability=True, random_state=1).fit(train_x[:400], targets[:400])
    classes_case(f"{name}, a support vector classifier", coreml.vector_classifier("x", machine), x, machine, test_x)

# Neural networks: over columns, and over images as image classifiers are exported.
perceptron = MLPClassifier((32,), max_iter=400, random_state=1).fit(train_x, train_y)
classes_case("digits, a neural network", networks.columns_network(perceptron), x, perceptron, test_x, whole=True)
images, image = networks.ImageNetwork(), networks.images_of(test_x)
features = images.features(networks.images_of(train_x))
trained = LogisticRegression(C=10, max_iter=3000).fit(features, [f"digit {i}" for i in train_y])
specification = images.specification(trained, trained.classes_)
seen = {"image": ("FP32", image)}


class Image:
    """What the network answers, by numpy and scikit-learn."""

    classes_ = trained.classes_
    predict = staticmethod(lambda rows: trained.predict(images.features(rows)))
    predict_proba = staticmethod(lambda rows: trained.predict_proba(images.features(rows)))


classes_case("digits as images, a neural network", specification, seen, Image, image)

# Patients: ten measures each, and how their illness went on.
measures, progress = load_diabetes(return_X_y=True)
measures, progress = measures.astype(np.float32), progress / 100
names = load_diabetes().feature_names
rows, x = measures[:200], {"x": ("FP32", measures[:200])}
ridge = Ridge(alpha=0.1).fit(measures, progress)
value_case("diabetes, a linear regressor", coreml.linear_regressor("x", ridge), x, ridge, rows)
trees = RandomForestRegressor(20, max_depth=6, random_state=1).fit(measures, progress)
value_case("diabetes, a tree ensemble", coreml.tree_regressor("x", trees), x, trees, rows)
machine = SVR().fit(measures, progress)
value_case("diabetes, a support vector regressor", coreml.vector_regressor("x", machine), x, machine, rows)
perceptron = MLPRegressor(hidden_layer_sizes=(16,), activation="tanh", max_iter=2000, random_state=1).fit(
    measures, progress
)
value_case("diabetes, a neural network", networks.regression_network(perceptron), x, perceptron, rows)


def piped(name, inputs, parts, arrays, prepared, seen):
    """A pipeline that ends in a linear regressor of what the others make: it learns `prepared`, is asked `seen`."""
    last = Ridge(alpha=0.1).fit(prepared, progress)
    parts = [*parts, coreml.linear_regressor("ready", last)]
    value_case(f"diabetes, {name}", coreml.pipeline("pipelineRegressor", inputs, *parts), arrays, last, seen)


scale = StandardScaler().fit(measures)
scaled = scale.transform(measures)
piped("scaled", {"x": 10}, [coreml.scaler("x", "ready", scale)], x, scaled, scaled[:200])
unit = normalize(measures)
piped("normalised", {"x": 10}, [coreml.normalizer("x", "ready", 10)], x, unit, unit[:200])
some = [2, 3, 8]
piped("three of ten", {"x": 10}, [coreml.extractor("x", "ready", 10, some)], x, measures[:, some], rows[:, some])
holes = rows.copy()
holes[::5, 3] = np.nan
fill = SimpleImputer().fit(measures)
holed = {"x": ("FP32", holes)}
piped("imputed", {"x": 10}, [coreml.imputer("x", "ready", fill)], holed, measures, fill.transform(holes))

# As Turi Create exports them: an input for each column, texts and integers encoded, all of it made one array.
doubles = dict.fromkeys(names, "double")
vector = coreml.vectorizer("x", doubles)
high = LogisticRegression().fit(measures, progress > 1.4)
high.classes_ = np.array([0, 1])
for name, kind, model, last in (
    ("a linear regressor", "Regressor", ridge, coreml.linear_regressor("x", ridge)),
    ("a tree ensemble", "Regressor", trees, coreml.tree_regressor("x", trees)),
    ("a linear classifier", "Classifier", high, coreml.linear_classifier("x", high)),
):
    specification = coreml.pipeline(f"pipeline{kind}", doubles, vector, last)
    write = classes_case if kind == "Classifier" else value_case
    write(f"diabetes, {name} over ten columns", specification, columns(names, rows), model, rows)

sex = np.where(measures[:, 1] > 0, "m", "f")
ward = np.arange(len(measures)) % 3 + 1
encoded = [(sex[:, None] == ["f", "m"]), (ward[:, None] == [1, 2, 3])]
mixed = np.concatenate([*encoded, ward[:, None], measures], 1).astype(np.float32)
seen = mixed[:200].copy()
# A category that was never seen is none of them.
sex[:5], seen[:5, :2] = "other", 0
label = (progress > 1.4).astype(int)
many = RandomForestClassifier(20, max_depth=6, random_state=1).fit(mixed, label)
inputs = {"sex": "string", "ward": "int64", "x": 10}
specification = coreml.pipeline(
    "pipelineClassifier",
    inputs,
    coreml.one_hot("sex", "sex_is", ["f", "m"]),
    coreml.one_hot("ward", "ward_is", [1, 2, 3]),
    coreml.vectorizer("all", {"sex_is": 2, "ward_is": 3, "ward": "int64", "x": 10}),
    coreml.tree_classifier("all", many),
)
arrays = {
    "sex": ("BYTES", [[str(text)] for text in sex[:200]]),
    "ward": ("INT64", ward[:200, None]),
    "x": ("FP32", rows),
}
classes_case("diabetes, texts, integers and numbers", specification, arrays, many, seen, whole=True)
