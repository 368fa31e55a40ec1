"""Regret of the policies, computed without any of the product's code: writes regret.json beside this file.

Five models with zero-one losses, 10,000 rounds. "steady": the best is wrong in 30 %, the others in 40 %. "change": one
more is wrong in 50 %, and half-way it changes places with the best. Regret is against the best model of each
moment, in expectation over the losses of the round; mean and standard deviation over 60 runs.

exp4: the same models advise. Each is nine parts in ten for one of three labels and half a part for each other; a label is
drawn, and only whether it was right is told.

squarecb, linucb: a model is wrong in 40 % on the whole, in 20 % at one angle of a circle that each has for itself and in 60 %
opposite to it. The context is the point of the circle. "change": half-way all go to the opposite angle.
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


class Exp4:
    """Each model's probabilities of the labels are its advice; one answer in a hundred is any label alike."""

    LABELS, FLOOR = 3, 0.01

    def __init__(self):
        self.total = np.zeros((RUNS, MODELS))

    def regret(self, rng, t, mean):
        truth = rng.integers(self.LABELS, size=RUNS)
        named = (truth[:, None] + (rng.random((RUNS, MODELS)) < mean) * rng.integers(1, 3, (RUNS, MODELS))) % self.LABELS
        advice = np.where(np.arange(self.LABELS) == named[:, :, None], 0.9, 0.05)
        weights = softmax(-np.sqrt(np.log(MODELS) / (self.LABELS * t)) * self.total)
        p = (1 - self.FLOOR) * np.einsum("rm,rml->rl", weights, advice) + self.FLOOR / self.LABELS
        drawn = (p.cumsum(axis=1) > rng.random((RUNS, 1))).argmax(axis=1)
        estimate = (drawn != truth) / p[EVERY, drawn]
        self.total += advice[EVERY, :, drawn] * estimate[:, None]
        return advice[EVERY, mean.argmin(), truth] - p[EVERY, truth]


class InContext:
    """A ridge regression of each model's loss on the context and an intercept, from 1/2 on."""

    ANGLES = 2 * np.pi * np.arange(MODELS) / MODELS
    SIZE = 3

    def __init__(self):
        self.a = np.tile(np.eye(self.SIZE), (RUNS, MODELS, 1, 1))
        self.b = np.tile([0.5, 0, 0], (RUNS, MODELS, 1))
        self.count = np.zeros((RUNS, MODELS))

    def regret(self, rng, t, turned):
        angle = 2 * np.pi * rng.random(RUNS)
        x = np.stack([np.ones(RUNS), np.cos(angle), np.sin(angle)], axis=1)
        mean = 0.4 - 0.2 * np.cos(angle[:, None] - self.ANGLES - turned)
        p = self.explore(self.probabilities(t, x))
        drawn = np.minimum((p.cumsum(axis=1) > rng.random((RUNS, 1))).argmax(axis=1), MODELS - 1)
        loss = rng.random(RUNS) < mean[EVERY, drawn]
        self.a[EVERY, drawn] += x[:, :, None] * x[:, None, :]
        self.b[EVERY, drawn] += loss[:, None] * x
        self.count[EVERY, drawn] += 1
        return mean[EVERY, drawn] - mean.min(axis=1)

    def expected(self, x):
        return np.einsum("rmi,ri->rm", np.linalg.solve(self.a, self.b[..., None])[..., 0], x)

    def explore(self, p):
        """A model whose loss was seen less than 20 times has a tenth of the queries, all such ones half at most."""
        new = self.count < 20
        extra = np.minimum(0.1, 0.5 / np.maximum(1, new.sum(axis=1)))[:, None] * new
        return (1 - extra.sum(axis=1, keepdims=True)) * p + extra


class SquareCb(InContext):
    def probabilities(self, t, x):
        loss = np.clip(self.expected(x), 0, 1)
        best = loss.argmin(axis=1)
        p = 1 / (MODELS + 10 * np.sqrt(t - 1) * (loss - loss[EVERY, best][:, None]))
        p[EVERY, best] = 0
        p[EVERY, best] = 1 - p.sum(axis=1)
        return p


class LinUcb(InContext):
    def probabilities(self, t, x):
        spread = np.einsum("ri,rmij,rj->rm", x, np.linalg.inv(self.a), x)
        bound = self.expected(x) - np.sqrt(spread)
        least = bound <= bound.min(axis=1, keepdims=True)
        return least / least.sum(axis=1, keepdims=True)


def figures(rounds, seed):
    """`rounds`: from a generator of random numbers, the regret of each run in one round after the other."""
    total = sum(rounds(np.random.default_rng(seed)))
    return {"mean": round(float(total.mean()), 1), "sd": round(float(total.std(ddof=1)), 1)}


def of_losses(policy, means):
    def rounds(rng):
        for t, mean in enumerate(means, start=1):
            losses = (rng.random((RUNS, MODELS)) < mean).astype(float)
            yield policy.play(rng, t, losses) @ mean - mean.min()

    return rounds


def of_own_rounds(policy, situation):
    return lambda rng: (policy.regret(rng, t, now) for t, now in enumerate(situation, start=1))


POLICIES = {
    "exp3": Exp3,
    "exp3-ix": Exp3Ix,
    "thompson": Thompson,
    "epsilon-greedy": EpsilonGreedy,
    "ucb1": Ucb1,
    "ensemble": FixedShare,
    "adaptive": AdaHedge,
}

IN_CONTEXT = {"squarecb": SquareCb, "linucb": LinUcb}
TURNED = np.repeat([0, np.pi], ROUNDS // 2)

result = {
    name: {
        "steady": figures(of_losses(make(), STEADY), 1),
        "change": figures(of_losses(make(), CHANGE), 2),
    }
    for name, make in POLICIES.items()
}
result["exp4"] = {
    "steady": figures(of_own_rounds(Exp4(), STEADY), 3),
    "change": figures(of_own_rounds(Exp4(), CHANGE), 4),
}
for name, make in IN_CONTEXT.items():
    result[name] = {
        "steady": figures(of_own_rounds(make(), 0 * TURNED), 5),
        "change": figures(of_own_rounds(make(), TURNED), 6),
    }
Path(__file__).with_name("regret.json").write_text(json.dumps(result, indent=1) + "\n")
for name, row in result.items():
    print(name, row)
