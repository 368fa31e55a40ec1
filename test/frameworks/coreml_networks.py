"""Core ML specifications of neural networks over digits, and what they answer, computed with numpy from the same
weights: no part of the converter's."""

import numpy as np
from coremltools.models import datatypes
from coremltools.models.neural_network import NeuralNetworkBuilder

SIDE = 8


def columns_network(perceptron):
    """scikit-learn's perceptron with one hidden layer; its own answers are expected."""
    hidden, last = perceptron.coefs_
    builder = NeuralNetworkBuilder(
        [("x", datatypes.Array(len(hidden)))], [("probabilities", datatypes.Array(last.shape[1]))], mode="classifier"
    )
    builder.add_inner_product("first", hidden.T, perceptron.intercepts_[0], *hidden.shape, True, "x", "hidden")
    builder.add_activation("relu", "RELU", "hidden", "active")
    builder.add_inner_product("last", last.T, perceptron.intercepts_[1], *last.shape, True, "active", "scores")
    builder.add_softmax("softmax", "scores", "probabilities")
    builder.set_class_labels([int(label) for label in perceptron.classes_], "label", "probabilities")
    return builder.spec


def regression_network(perceptron):
    """Likewise, of one number."""
    hidden, last = perceptron.coefs_
    builder = NeuralNetworkBuilder([("x", datatypes.Array(len(hidden)))], [("value", datatypes.Array(1))], "regressor")
    builder.add_inner_product("first", hidden.T, perceptron.intercepts_[0], *hidden.shape, True, "x", "hidden")
    builder.add_activation("tanh", "TANH", "hidden", "active")
    builder.add_inner_product("last", last.T, perceptron.intercepts_[1], *last.shape, True, "active", "value")
    builder.spec.description.predictedFeatureName = "value"
    return builder.spec


class ImageNetwork:
    """As image classifiers have them: an image of three colours, scaled; convolutions with batch normalisation,
    pooling, a branch added and one joined, the mean of each channel, and a linear layer trained on all that."""

    COLOURS, CHANNELS, WIDE = 3, 8, 24
    SCALE, BIASES = 1 / 128, np.array([-1.0, -0.9, -1.1], np.float32)

    def __init__(self, seed=1):
        draw = np.random.default_rng(seed)
        self.first = _drawn(draw, self.COLOURS, self.CHANNELS)
        self.second, self.third = (_drawn(draw, self.CHANNELS, self.CHANNELS) for _ in range(2))
        self.offsets = draw.normal(size=self.CHANNELS).astype(np.float32) / 10
        self.norm = [draw.uniform(0.5, 1.5, self.CHANNELS).astype(np.float32) for _ in range(4)]

    def features(self, images):
        scaled = images * np.float32(self.SCALE) + self.BIASES[:, None, None]
        gamma, beta, mean, variance = (one[:, None, None] for one in self.norm)
        begun = _convolved(scaled, self.first) + self.offsets[:, None, None]
        normal = np.maximum((begun - mean) / np.sqrt(variance + np.float32(1e-5)) * gamma + beta, 0)
        pooled = _windows(normal, 2, 2).max((-1, -2))
        turned = _convolved(pooled, self.second)
        added = pooled + np.where(turned > 0, turned, np.float32(0.1) * turned)
        strided = 1 / (1 + np.exp(-_convolved(added, self.third)))
        joined = np.concatenate([added, strided, pooled], 1)
        return np.concatenate([joined.mean((2, 3)), _windows(joined, 2, 2).max((-1, -2)).reshape(len(images), -1)], 1)

    def specification(self, trained, classes):
        array, side = datatypes.Array, SIDE
        builder = NeuralNetworkBuilder(
            [("image", array(self.COLOURS, side, side))], [("scores", array(len(classes)))], mode="classifier"
        )
        size, colours = self.CHANNELS, self.COLOURS
        convolve = builder.add_convolution
        same = {"height": 3, "width": 3, "stride_height": 1, "stride_width": 1, "border_mode": "same", "groups": 1}
        convolve("first", colours, size, W=self.first, b=self.offsets, has_bias=True, **same, **_way("image", "begun"))
        gamma, beta, mean, variance = self.norm
        builder.add_batchnorm("norm", size, gamma, beta, mean, variance, epsilon=1e-5, **_way("begun", "normal"))
        builder.add_activation("relu", "RELU", "normal", "active")
        builder.add_pooling("halved", 2, 2, 2, 2, "MAX", "VALID", "active", "pooled")
        convolve("second", size, size, W=self.second, b=None, has_bias=False, **same, **_way("pooled", "turned"))
        builder.add_activation("leaky", "LEAKYRELU", "turned", "leaked", [0.1])
        builder.add_elementwise("sum", ["pooled", "leaked"], "added", "ADD")
        convolve("third", size, size, W=self.third, b=None, has_bias=False, **same, **_way("added", "strided"))
        builder.add_activation("sigmoid", "SIGMOID", "strided", "squashed")
        builder.add_elementwise("join", ["added", "squashed", "pooled"], "joined", "CONCAT")
        # Each way into the linear layer is a part of it: what comes of them is added up.
        means, rest = trained.coef_[:, : self.WIDE], trained.coef_[:, self.WIDE :]
        builder.add_pooling("means", 1, 1, 1, 1, "AVERAGE", "VALID", "joined", "means", is_global=True)
        builder.add_flatten("flat means", 0, "means", "flat means")
        builder.add_inner_product("of means", means, trained.intercept_, *means.T.shape, True, "flat means", "one")
        builder.add_pooling("most", 2, 2, 2, 2, "MAX", "VALID", "joined", "most")
        builder.add_flatten("flat most", 0, "most", "flat most")
        builder.add_inner_product("of most", rest, None, *rest.T.shape, False, "flat most", "other")
        builder.add_elementwise("both", ["one", "other"], "both", "ADD")
        builder.add_softmax("softmax", "both", "scores")
        builder.set_class_labels(list(classes), "label", "scores")
        red, green, blue = map(float, self.BIASES)
        builder.set_pre_processing_parameters(
            ["image"], red_bias=red, green_bias=green, blue_bias=blue, image_scale=self.SCALE
        )
        # As Turi Create names it, which is not what the layer makes.
        spec = builder.spec
        for output in spec.description.output:
            if output.name == spec.description.predictedProbabilitiesName:
                output.name = "probabilities"
        spec.description.predictedProbabilitiesName = "probabilities"
        spec.neuralNetworkClassifier.labelProbabilityLayerName = "scores"
        return spec


def halved_weights(specification):
    """The same with weights of 16 bits."""
    other = type(specification).FromString(specification.SerializeToString())
    for layer in other.neuralNetworkClassifier.layers:
        for field, weights in getattr(layer, layer.WhichOneof("layer")).ListFields():
            if field.message_type is not None and field.message_type.name == "WeightParams":
                weights.float16Value = np.array(weights.floatValue, "<f2").tobytes()
                weights.ClearField("floatValue")
    return other


def images_of(rows):
    """Digits in three colours: as they are, dimmed, and turned around; 0 to 255."""
    grey = rows.reshape(-1, SIDE, SIDE)
    return np.round(np.stack([grey, grey / 2, 1 - grey], 1) * 255).astype(np.float32)


def _drawn(draw, channels, others):
    """Weights that keep values about as large as they are."""
    return (draw.normal(size=(3, 3, channels, others)) / np.sqrt(9 * channels)).astype(np.float32)


def _way(source, target):
    return {"input_name": source, "output_name": target}


def _windows(values, size, step):
    view = np.lib.stride_tricks.sliding_window_view(values, (size, size), axis=(2, 3))
    return view[:, :, ::step, ::step]


def _convolved(values, weights):
    padded = np.pad(values, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return np.einsum("nchwij,ijco->nohw", _windows(padded, 3, 1), weights)
