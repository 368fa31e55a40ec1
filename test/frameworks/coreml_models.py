"""Core ML specifications, written part by part from what scikit-learn learned."""

from coremltools.models import datatypes
from coremltools.models.tree_ensemble import TreeEnsembleClassifier, TreeEnsembleRegressor
from coremltools.proto import Model_pb2


def part(inputs, outputs):
    """A model without its content. Features: name to the size of an array, or "double", "int64", "string"."""
    model = Model_pb2.Model(specificationVersion=1)
    for features, described in ((inputs, model.description.input), (outputs, model.description.output)):
        for name, kind in features.items():
            feature = described.add(name=name).type
            if isinstance(kind, int):
                feature.multiArrayType.shape.append(kind)
                feature.multiArrayType.dataType = feature.multiArrayType.DOUBLE
            else:
                getattr(feature, f"{kind}Type").SetInParent()
    return model


def pipeline(kind, inputs, *parts):
    """`kind`: pipeline, pipelineClassifier or pipelineRegressor. Its outputs are the last part's."""
    model = part(inputs, {})
    last = parts[-1].description
    model.description.output.extend(last.output)
    model.description.predictedFeatureName = last.predictedFeatureName
    model.description.predictedProbabilitiesName = last.predictedProbabilitiesName
    whole = getattr(model, kind)
    (whole if kind == "pipeline" else whole.pipeline).models.extend(parts)
    return model


def scaler(source, target, scaled):
    model = part({source: len(scaled.mean_)}, {target: len(scaled.mean_)})
    model.scaler.shiftValue.extend(-scaled.mean_)
    model.scaler.scaleValue.extend(1 / scaled.scale_)
    return model


def normalizer(source, target, size):
    model = part({source: size}, {target: size})
    model.normalizer.normType = model.normalizer.L2
    return model


def imputer(source, target, imputed):
    values = imputed.statistics_
    model = part({source: len(values)}, {target: len(values)})
    model.imputer.imputedDoubleArray.vector.extend(values)
    model.imputer.replaceDoubleValue = float("nan")
    return model


def extractor(source, target, size, places):
    model = part({source: size}, {target: len(places)})
    model.arrayFeatureExtractor.extractIndex.extend(places)
    return model


def vectorizer(target, sizes):
    """One array of several features: Turi Create's first part. Sizes: name to size, or "double", "int64"."""
    counts = {name: size if isinstance(size, int) else 1 for name, size in sizes.items()}
    model = part(sizes, {target: sum(counts.values())})
    for name, count in counts.items():
        model.featureVectorizer.inputList.add(inputColumn=name, inputDimensions=count)
    return model


def one_hot(source, target, categories):
    kind = "string" if isinstance(categories[0], str) else "int64"
    model = part({source: kind}, {target: len(categories)})
    encoder = model.oneHotEncoder
    getattr(encoder, f"{kind}Categories").vector.extend(categories)
    encoder.outputSparse = False
    encoder.handleUnknown = encoder.IgnoreUnknown
    return model


def linear_regressor(source, regression):
    model = regressor(source, len(regression.coef_))
    model.glmRegressor.weights.add(value=regression.coef_)
    model.glmRegressor.offset.append(regression.intercept_)
    return model


def linear_classifier(source, regression):
    """Of two classes: their logistic regression. Of more: one against the rest."""
    estimators = getattr(regression, "estimators_", [regression])
    model = classifier(source, estimators[0].coef_.shape[1], regression.classes_, "glmClassifier")
    linear = model.glmClassifier
    for one in estimators:
        linear.weights.add(value=one.coef_[0])
        linear.offset.append(one.intercept_[0])
    linear.postEvaluationTransform = linear.Logit
    linear.classEncoding = linear.ReferenceClass if len(estimators) == 1 else linear.OneVsRest
    return model


def vector_regressor(source, support):
    model = regressor(source, support.support_vectors_.shape[1])
    machine = model.supportVectorRegressor
    machine.kernel.rbfKernel.gamma = support._gamma
    machine.rho = -support.intercept_[0]
    machine.coefficients.alpha.extend(support.dual_coef_[0])
    for vector in support.support_vectors_:
        machine.denseSupportVectors.vectors.add(values=vector)
    return model


def vector_classifier(source, support):
    # As LIBSVM has them: of two classes scikit-learn shows the opposite.
    model = classifier(source, support.support_vectors_.shape[1], support.classes_, "supportVectorClassifier")
    machine = model.supportVectorClassifier
    machine.kernel.rbfKernel.gamma = support._gamma
    machine.rho.extend(-support._intercept_)
    machine.probA.extend(support.probA_)
    machine.probB.extend(support.probB_)
    machine.numberOfSupportVectorsPerClass.extend(int(count) for count in support.n_support_)
    for row in support._dual_coef_:
        machine.coefficients.add(alpha=row)
    for vector in support.support_vectors_:
        machine.denseSupportVectors.vectors.add(values=vector)
    return model


def tree_regressor(source, forest):
    builder = TreeEnsembleRegressor([(source, datatypes.Array(forest.n_features_in_))], "value")
    _add_trees(builder, forest.estimators_, lambda value: float(value[0]))
    builder.set_default_prediction_value(0.0)
    return builder.spec


def tree_classifier(source, forest):
    classes = [int(label) for label in forest.classes_]
    features = [(source, datatypes.Array(forest.n_features_in_))]
    builder = TreeEnsembleClassifier(features, classes, ("label", "probabilities"))
    _add_trees(builder, forest.estimators_, lambda value: dict(enumerate(map(float, value))))
    builder.set_default_prediction_value([0.0] * len(classes))
    builder.set_post_evaluation_transform("NoTransform")
    return builder.spec


def boosted_classifier(source, boosted, transform):
    """Of two classes, by the second one's score alone."""
    features = [(source, datatypes.Array(boosted.n_features_in_))]
    builder = TreeEnsembleClassifier(features, [0, 1], ("label", "probabilities"))
    trees = boosted.estimators_[:, 0]
    _add_trees(builder, trees, lambda value: float(value[0]) * len(trees) * boosted.learning_rate)
    builder.set_default_prediction_value(0.0)
    builder.set_post_evaluation_transform(transform)
    return builder.spec


def _add_trees(builder, estimators, value_of):
    for index, estimator in enumerate(estimators):
        tree = estimator.tree_
        # As they are compared where numbers have 32 bits.
        tree.threshold[:] = tree.threshold.astype("float32")
        for node in range(tree.node_count):
            left, right = int(tree.children_left[node]), int(tree.children_right[node])
            if left < 0:
                # Of a classifier: shares of its classes.
                builder.add_leaf_node(index, node, value_of(tree.value[node, 0] / len(estimators)))
            else:
                feature, threshold = int(tree.feature[node]), float(tree.threshold[node])
                builder.add_branch_node(index, node, feature, threshold, "BranchOnValueLessThanEqual", left, right)


def regressor(source, size):
    model = part({source: size}, {"value": "double"})
    model.description.predictedFeatureName = "value"
    return model


def classifier(source, size, classes, kind):
    texts = isinstance(classes[0], str)
    model = part({source: size}, {"label": "string" if texts else "int64"})
    probabilities = model.description.output.add(name="probabilities").type.dictionaryType
    getattr(probabilities, "stringKeyType" if texts else "int64KeyType").SetInParent()
    model.description.predictedFeatureName = "label"
    model.description.predictedProbabilitiesName = "probabilities"
    if texts:
        getattr(model, kind).stringClassLabels.vector.extend(classes)
    else:
        getattr(model, kind).int64ClassLabels.vector.extend(int(label) for label in classes)
    return model
