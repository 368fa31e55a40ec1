"""Regret of the policies, computed without any of the product's code: writes regret.json beside this file.

Five models with zero-one losses, 10,000 rounds. "steady": the best is wrong in 30 %, the others in 40 %. "change": one
more is wrong in 50 %, and half-way it changes places with the best. Regret is against the best model of each
moment, in expectation over the losses of the round; mean and standard deviation over 60 runs.
Run with the packages of requirements.txt: python test/oracles/regret.py
"""

import json
from pathlib import Path

import numpy as np

ROUNDS, MODELS, RUNS = 10_000, 5, 60
STEADY = np.tile([0.3, 0.4, 0.4, 0.4, 0.4], (ROUNDS, 1))
CHANGE = np.tile([0.3, 0.4, 0.4, 0.4, 0.5], (ROUNDS, 1))
CHANGE[ROUNDS // 2 :] = CHANGE[0, ::-1]
EVERY = np.arange(RUNS)


def softmax(scores):
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


class Bandit:
    """Sees the loss of the model that it draws."""

    def __init__(self):
        self.total = np.zeros((RUNS, MODELS))

    def play(self, rng, t, losses):
        p = self.probabilities(t)
        chosen = (p.cumsum(axis=1) > rng.random((RUNS, 1))).argmax(axis=1)
        played = np.zeros((RUNS, MODELS))
        played[EVERY, chosen] = 1
        self.learn(t, played * losses, p, played)
        return played

    def learn(self, t, losses, p, played):
        self.total += losses / p


class Exp3(Bandit):
    def probabilities(self, t):
        return softmax(-0.01 * self.total)


class Exp3Ix(Bandit):
    @staticmethod
    def eta(t):
        return np.sqrt(np.log(MODELS) / (MODELS * t))

    def probabilities(self, t):
        return softmax(-self.eta(t) * self.total)

    def learn(self, t, losses, p, played):
        self.total += losses / (p + self.eta(t) / 2)


class EpsilonGreedy(Bandit):
    def __init__(self):
        super().__init__()
        self.count = np.zeros((RUNS, MODELS))

    def probabilities(self, t):
        p = np.full((RUNS, MODELS), 0.1 / MODELS)
        mean = (self.total + 0.5) / (self.count + 1)
        p[EVERY, mean.argmin(axis=1)] += 0.9
        return p

    def learn(self, t, losses, p, played):
        self.total += losses
        self.count += played


class Ucb1(EpsilonGreedy):
    def probabilities(self, t):
        count = np.maximum(self.count, 1e-9)
        bound = self.total / count - np.sqrt(2 * np.log(t) / count)
        p = np.zeros((RUNS, MODELS))
        p[EVERY, bound.argmin(axis=1)] = 1
        return p


class Thompson(EpsilonGreedy):
    def play(self, rng, t, losses):
        drawn = rng.beta(1 + self.count - self.total, 1 + self.total)
        played = np.zeros((RUNS, MODELS))
        played[EVERY, drawn.argmax(axis=1)] = 1
        self.learn(t, played * losses, None, played)
        return played


class FixedShare:
    """Sees all losses; plays its weights."""

    def __init__(self):
        self.weights = np.full((RUNS, MODELS), 1 / MODELS)

    def play(self, rng, t, losses):
        played = self.weights
        after = played * np.exp(-0.1 * losses)
        after /= after.sum(axis=1, keepdims=True)
        self.weights = (1 - 1e-3) * after + 1e-3 / MODELS
        return played


class AdaHedge:
    def __init__(self):
        self.total = np.zeros((RUNS, MODELS))
        self.gap = np.zeros(RUNS)

    def play(self, rng, t, losses):
        played = np.empty((RUNS, MODELS))
        for run in EVERY:
            played[run] = self.one(run, losses[run])
        return played

    def one(self, run, losses):
        total = self.total[run]
        after = total + losses
        if self.gap[run] == 0:
            weights = (total == total.min()).astype(float)
            weights /= weights.sum()
            mix = after.min() - total.min()
        else:
            eta = np.log(MODELS) / self.gap[run]
            weights = softmax(-eta * total[None])[0]
            mix = -np.log(weights @ np.exp(-eta * losses)) / eta
        self.gap[run] += max(0, weights @ losses - mix)
        self.total[run] = after
        return weights


def regret(policy, means, seed):
    rng = np.random.default_rng(seed)
    total = np.zeros(RUNS)
    for t, mean in enumerate(means, start=1):
        losses = (rng.random((RUNS, MODELS)) < mean).astype(float)
        total += policy.play(rng, t, losses) @ mean - mean.min()
    return {"mean": round(total.mean(), 1), "sd": round(total.std(ddof=1), 1)}


POLICIES = {
    "exp3": Exp3,
    "exp3-ix": Exp3Ix,
    "thompson": Thompson,
    "epsilon-greedy": EpsilonGreedy,
    "ucb1": Ucb1,
    "ensemble": FixedShare,
    "adaptive": AdaHedge,
}

result = {
    name: {"steady": regret(make(), STEADY, 1), "change": regret(make(), CHANGE, 2)} for name, make in POLICIES.items()
}
Path(__file__).with_name("regret.json").write_text(json.dumps(result, indent=1) + "\n")
for name, row in result.items():
    print(name, row)
