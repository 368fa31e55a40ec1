"""TensorFlow: a small convolutional network on digits, as .keras and as a SavedModel, and a network of two inputs."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import keras
import numpy as np
import tensorflow as tf
from case import digits, folder, write_case
from keras import layers

keras.utils.set_random_seed(1)
train_x, train_y, test_x, test_y = digits()
train_x, test_x = train_x.reshape(-1, 8, 8), test_x.reshape(-1, 8, 8)
model = keras.Sequential(
    [
        keras.Input((8, 8), name="image"),
        layers.Reshape((8, 8, 1)),
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(10, activation="softmax", name="probabilities"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
model.fit(train_x, train_y, epochs=8, batch_size=64, verbose=0)
probabilities = model.predict(test_x, verbose=0)
assert (probabilities.argmax(1) == test_y).mean() > 0.95


def case(name, path, outputs, *, whole):
    write_case(name, "tensorflow", tf.__version__, [], path, {"image": ("FP32", test_x)}, outputs, whole=whole)


kept = folder() / "digits.keras"
model.save(kept)
case("digits, .keras", kept, {"probabilities": ("FP32", probabilities)}, whole=False)


class Digits(tf.Module):
    """With a label, as a SavedModel may have what the network has not."""

    def __init__(self):
        super().__init__()
        self.network = model

    @tf.function(input_signature=[tf.TensorSpec((None, 8, 8), tf.float32, "image")])
    def serve(self, image):
        scores = self.network(image, training=False)
        return {"label": tf.argmax(scores, 1), "probabilities": scores}


served = Digits()
saved = folder() / "saved"
tf.saved_model.save(served, str(saved), signatures={"serving_default": served.serve})
labels = probabilities.argmax(1).astype(np.int64)
outputs = {"label": ("INT64", labels), "probabilities": ("FP32", probabilities)}
case("digits, SavedModel", saved, outputs, whole=True)

top, bottom = keras.Input((4, 8), name="top"), keras.Input((4, 8), name="bottom")
halves = layers.Concatenate()([layers.Flatten()(top), layers.Flatten()(bottom)])
scores = layers.Dense(10, activation="softmax", name="scores")(halves)
two = keras.Model([top, bottom], [scores, layers.Dense(1, name="ink")(halves)])
tops, bottoms = test_x[:, :4], test_x[:, 4:]
scores, ink = two.predict([tops, bottoms], verbose=0)
path = folder() / "halves.keras"
two.save(path)
write_case(
    "halves of digits, .keras of two inputs",
    "tensorflow",
    tf.__version__,
    [],
    path,
    {"top": ("FP32", tops), "bottom": ("FP32", bottoms)},
    {"scores": ("FP32", scores), "ink": ("FP32", ink)},
    whole=False,
)
