"""Vowpal Wabbit: texts with a label (one against all), dense numbers, and a contextual bandit."""

import importlib.metadata
import random

import numpy as np
from case import digits, folder, write_case
from texts import sentences
from vowpalwabbit import Workspace

VERSION = importlib.metadata.version("vowpalwabbit")


def trained(name, options, examples, passes=3):
    """The path of a model, and a workspace that has loaded it only to predict."""
    path = folder() / f"{name}.vw"
    learner = Workspace(f"{options} --quiet")
    for _ in range(passes):
        for example in examples:
            learner.learn(example)
    learner.save(str(path))
    learner.finish()
    return path, Workspace(arg_list=["-i", str(path), "-t", "--quiet"])


def case(name, path, args, inputs, outputs, labels=None):
    write_case(name, "vw", VERSION, args, path, inputs, outputs, labels=labels)


texts, labels = sentences()
classes = sorted(set(labels))
examples = [f"{classes.index(label) + 1} |text {text}" for text, label in zip(texts, labels, strict=True)]
path, model = trained("texts", f"--oaa {len(classes)} --loss_function logistic", examples)
asked = [f"|text {text}" for text in texts]
predicted = np.array([model.predict(example) for example in asked])
numbers = [str(i + 1) for i in range(len(classes))]
case("texts in VW's format", path, [], {"example": ("BYTES", asked)}, {"label": ("INT64", predicted)}, numbers)

train_x, train_y, test_x, _ = digits()


def dense(row):
    return "|x " + " ".join(f"{i}:{value:.9g}" for i, value in enumerate(row.tolist()) if value != 0)


examples = [f"{1 if label < 5 else -1} {dense(row)}" for row, label in zip(train_x, train_y, strict=True)]
path, model = trained("dense", "--loss_function logistic --link logistic", examples)
values = np.array([model.predict(dense(row)) for row in test_x], np.float32)
case("dense digits", path, ["--dense", "64"], {"x": ("FP32", test_x)}, {"value": ("FP32", values)})

ACTIONS = ["politics", "sports", "music"]
USERS = [("Tom", "morning"), ("Tom", "evening"), ("Anna", "morning"), ("Anna", "evening")]


def bandit(user, time, chosen=None, cost=0, probability=1):
    lines = [f"shared |User user={user} time={time}"]
    for action in ACTIONS:
        label = f"0:{cost}:{probability} " if action == chosen else ""
        lines.append(f"{label}|Action article={action}")
    return lines


random.seed(1)
seen = []
for _ in range(400):
    user, time = random.choice(USERS)
    action = random.choice(ACTIONS)
    liked = ACTIONS[(user == "Anna") + (time == "evening")]
    seen.append(bandit(user, time, action, cost=-1 if action == liked else 0, probability=1 / len(ACTIONS)))
path, model = trained("bandit", "--cb_explore_adf -q UA --epsilon 0.2", seen, passes=1)
contexts = [bandit(*random.choice(USERS)) for _ in range(120)]
probabilities = np.array([model.predict(context) for context in contexts], np.float32)
case(
    "contextual bandit",
    path,
    ["--actions", "3"],
    {"example": ("BYTES", ["\n".join(context) for context in contexts])},
    {"probabilities": ("FP32", probabilities)},
)
