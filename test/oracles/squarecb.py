"""Vowpal Wabbit's SquareCB over a small simulated problem: its scores, and the probabilities that it makes of them.

stdin: {"rounds": n, "arms": k, "gammaScale": g}; stdout: [{"learned": t, "scores": [...], "probabilities": [...]}].
"""

import json
import random
import sys

from vowpalwabbit import LabelType, Workspace

given = json.load(sys.stdin)
arms = range(given["arms"])
source = random.Random(1)
vw = Workspace(
    f"--cb_explore_adf --squarecb --gamma_scale {given['gammaScale']} --cb_type mtr --noconstant --quiet"
)


def weight(space, feature):
    return vw.get_weight(vw.hash_feature(feature, vw.hash_space(space)))


def score(context, arm):
    """Of its linear model, from its weights: predictions are probabilities only."""
    return weight("s", "x") * context + weight("a", f"arm{arm}") + weight("a", "d") * (arm + 1)


def ask(lines, use):
    example = vw.parse(lines, LabelType.CONTEXTUAL_BANDIT)
    answer = use(example)
    vw.finish_example(example)
    return answer


rounds = []
for learned in range(given["rounds"]):
    context = round(source.random(), 3)
    lines = [f"shared |s x:{context}"] + [f"|a arm{arm} d:{arm + 1}" for arm in arms]
    probabilities = ask(lines, vw.predict)
    scores = [score(context, arm) for arm in arms]
    rounds.append({"learned": learned, "scores": scores, "probabilities": probabilities})
    chosen = source.randrange(len(arms))
    cost = min(1, max(0, 0.2 + 0.6 * chosen / len(arms) + source.gauss(0, 0.1)))
    label = f"0:{cost}:{probabilities[chosen]} "
    ask([label + line if i == chosen + 1 else line for i, line in enumerate(lines)], vw.learn)
json.dump(rounds, sys.stdout)
