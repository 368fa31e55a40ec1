"""Core ML specifications of the types that Turi Create exports for tree ensembles and linear classifiers, written with
coremltools from models that scikit-learn trained, whose own answers are expected."""

import coremltools
import numpy as np
from case import digits, folder, write_case
from coremltools.models import datatypes
from coremltools.models.tree_ensemble import TreeEnsembleClassifier
from coremltools.proto import Model_pb2
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

train_x, train_y, test_x, _ = digits()


def case(name, specification, model, *, whole):
    path = folder() / f"{name}.mlmodel"
    path.write_bytes(specification.SerializeToString())
    outputs = {
        "label": ("INT64", model.predict(test_x)),
        "probabilities": ("FP32", model.predict_proba(test_x).astype(np.float32)),
    }
    labels = [str(label) for label in model.classes_]
    x = {"x": ("FP32", test_x)}
    write_case(name, "coreml", coremltools.__version__, [], path, x, outputs, labels=labels, whole=whole)


def tree_ensemble(forest):
    classes = [int(label) for label in forest.classes_]
    builder = TreeEnsembleClassifier([("x", datatypes.Array(64))], classes, ("label", "probabilities"))
    for index, estimator in enumerate(forest.estimators_):
        tree = estimator.tree_
        for node in range(tree.node_count):
            left, right = int(tree.children_left[node]), int(tree.children_right[node])
            if left < 0:
                shares = tree.value[node, 0] / tree.value[node, 0].sum() / len(forest.estimators_)
                builder.add_leaf_node(index, node, {i: float(share) for i, share in enumerate(shares)})
            else:
                feature, threshold = int(tree.feature[node]), float(tree.threshold[node])
                builder.add_branch_node(index, node, feature, threshold, "BranchOnValueLessThanEqual", left, right)
    builder.set_default_prediction_value([0.0] * len(classes))
    builder.set_post_evaluation_transform("NoTransform")
    return builder.spec


def linear_classifier(regression):
    specification = Model_pb2.Model(specificationVersion=1)
    x = specification.description.input.add(name="x")
    x.type.multiArrayType.shape.append(64)
    x.type.multiArrayType.dataType = x.type.multiArrayType.DOUBLE
    specification.description.output.add(name="label").type.int64Type.SetInParent()
    specification.description.output.add(name="probabilities").type.dictionaryType.int64KeyType.SetInParent()
    specification.description.predictedFeatureName = "label"
    specification.description.predictedProbabilitiesName = "probabilities"
    linear = specification.glmClassifier
    linear.weights.add(value=regression.coef_[0])
    linear.offset.extend(regression.intercept_)
    linear.postEvaluationTransform = linear.Logit
    linear.classEncoding = linear.ReferenceClass
    linear.int64ClassLabels.vector.extend(int(label) for label in regression.classes_)
    return specification


forest = RandomForestClassifier(20, max_depth=8, random_state=1).fit(train_x, train_y)
case("digits, a tree ensemble", tree_ensemble(forest), forest, whole=True)
regression = LogisticRegression().fit(train_x, train_y % 2)
case("digits even or odd, a linear classifier", linear_classifier(regression), regression, whole=False)
