"""Learned states recomputed from the feedback log alone: fixed-share Hedge and ridge, in numpy.

stdin: JSON lines. First the application:
    {"policy": {"kind": "ensemble" | "linear", ...}, "output": {"kind": "LABEL" | "NUMBER" | "VECTOR", ...}}
then each observation in the log's order:
    {"entity": name | null, "answered": [{"model": name, "values": [...]}], "context": [...] | null, "truth": {...}}
Losses of `ensemble` are zero-one. An entity is born of the population as it is before the entity's first observation;
another moment is given by a line {"entity": name, "bornAfter": count of observations before}, anywhere. A line
{"prior": {"models", "mean", "precision"}} between two observations is what the population adopts there.
stdout: {"population": state, "entities": {name: state}}; of `ensemble` {"time", "weights", "observations"}, of `linear`
{"models", "observations", "weights": one list a target}.

Shares nothing with the product's code: Hedge on plain weights, ridge by the normal equations solved anew each time.
"""

import copy
import json
import sys

import numpy


class Hedge:
    """Hedge with fixed share; models that did not answer sleep and keep their weight."""

    def __init__(self, policy, output):
        self.eta = policy.get("eta", 0.1)
        self.share = policy.get("share", 1e-3)
        self.labels = output["labels"]
        self.time = 0
        self.weights = {}
        self.observations = {}

    def inherit(self):
        born = copy.deepcopy(self)
        total = sum(born.weights.values())
        for model, weight in born.weights.items():
            born.weights[model] = 0.95 * weight / total + 0.05 / len(born.weights)
        return born

    def observe(self, observation):
        truth = observation["truth"]
        if truth["kind"] != "LABEL" or truth["label"] not in self.labels or not observation["answered"]:
            return
        right = self.labels.index(truth["label"])
        loss = {a["model"]: float(numpy.argmax(a["values"]) != right) for a in observation["answered"]}
        self.time += 1
        known = [self.weights[model] for model in loss if model in self.weights]
        for model in loss:
            self.weights.setdefault(model, numpy.mean(known) if known else 1.0)
            self.observations[model] = self.observations.get(model, 0) + 1
        awake = sum(self.weights[model] for model in loss)
        hit = {model: self.weights[model] * numpy.exp(-self.eta * loss[model]) for model in loss}
        total = sum(hit.values())
        for model in loss:
            self.weights[model] = awake * ((1 - self.share) * hit[model] / total + self.share / len(loss))

    def state(self):
        total = sum(self.weights.values())
        weights = {model: weight / total for model, weight in self.weights.items()}
        return {"time": self.time, "weights": weights, "observations": self.observations}


class Scale:
    """The median of residuals' sizes, followed by steps; what is far out is drawn in."""

    def __init__(self):
        self.median, self.count, self.run, self.smallest = 0.0, 0, 0, 0.0

    def clip(self, residual):
        size = abs(residual)
        limit = 5 * 1.4826 * self.median
        outlier = self.count >= 10 and size > limit
        self.count += 1
        if self.median == 0:
            self.median = size
        else:
            step = 1 + max(0.02, 1 / self.count)
            self.median *= step if size > self.median else 1 / step
        if not outlier:
            self.run = 0
            return residual
        self.smallest = size if self.run == 0 else min(size, self.smallest)
        self.run += 1
        if self.run == 3:
            self.median, self.run = self.smallest, 0
            return residual
        return numpy.sign(residual) * limit


class Linear:
    """Ridge regression, by the normal equations anew each time."""

    def __init__(self, policy, output):
        self.output = output
        self.kind = output["kind"]
        self.size = len(output["labels"]) if self.kind == "LABEL" else output.get("size", 1)
        self.over_members = policy.get("featureModel") is None
        self.ridge = policy.get("ridge", 1)
        self.strength = None if "ridge" in policy else policy.get("strength")
        self.adopted = None
        self.forgetting = policy.get("forgetting", 1)
        self.models = []
        self.observations = 0
        self.scales = [Scale() for _ in range(self.size)]
        self.matrix = None

    def begin(self, mean, precision=None):
        """`mean`: features by targets; `precision`: of each feature."""
        features = len(mean)
        self.mean = mean
        self.prior = numpy.full(features, float(self.ridge)) if precision is None else precision
        self.held = self.prior.copy()
        self.remembered = 0.0
        self.turn = 0
        # Of the observations alone; the prior is what is held of it.
        self.matrix = numpy.zeros((features, features))
        self.information = numpy.zeros((features, self.size))
        self.observations = 0

    def solved(self):
        right = self.information + self.held[:, None] * self.mean
        return numpy.linalg.solve(self.matrix + numpy.diag(self.held), right)

    def inherit(self):
        born = copy.deepcopy(self)
        born.adopted = None
        if self.matrix is not None:
            born.begin(*self.prior_of_entities())
        return born

    def prior_of_entities(self):
        mean = self.solved()
        features = len(mean)
        precision = numpy.full(features, float(self.ridge))
        if self.strength is not None:
            squares = numpy.diag(self.matrix) / max(1, self.remembered)
            others = features - 1
            average = squares[1:].mean() if others else 0
            precision[:] = 2 * self.strength * max(1, others)
            if average > 0:
                precision[0] = 2 * self.strength
                precision[1:] *= numpy.maximum(squares[1:], 0.01 * average)
        if self.adopted is not None:
            size = len(self.adopted["precision"])
            mean[:size] = numpy.array(self.adopted["mean"]).reshape(self.size, size).T
            precision[:size] = self.adopted["precision"]
        return mean, precision

    def adopt(self, prior):
        size = len(prior["precision"])
        fits = prior["models"] == self.models[: len(prior["models"])] and size * self.size == len(prior["mean"])
        longer = self.matrix is not None and size < len(self.held) and len(self.models) > len(prior["models"])
        if fits and self.matrix is not None and (size == len(self.held) or longer):
            self.adopted = prior

    def observe(self, observation):
        target = self.target_of(observation["truth"])
        features, offset = self.read(observation)
        if target is None or features is None:
            return
        if self.matrix is None:
            self.begin(numpy.zeros((len(features), self.size)))
        if len(features) != len(self.held):
            return
        wanted = target - offset
        if self.kind != "LABEL":
            wanted = self.clip(features, wanted)
        if self.forgetting < 1:
            self.forget()
        self.matrix += numpy.outer(features, features)
        self.information += numpy.outer(features, wanted)
        self.observations += 1
        self.remembered += 1

    def clip(self, features, wanted):
        spread = numpy.sqrt(1 + features @ numpy.linalg.solve(self.matrix + numpy.diag(self.held), features))
        predicted = features @ self.solved()
        residuals = (wanted - predicted) / spread
        clipped = numpy.array([scale.clip(value) for scale, value in zip(self.scales, residuals)])
        return numpy.where(clipped == residuals, wanted, predicted + clipped * spread)

    def forget(self):
        self.matrix *= self.forgetting
        self.remembered *= self.forgetting
        self.information *= self.forgetting
        self.held *= self.forgetting
        features = len(self.held)
        for _ in range(min(features, int(numpy.ceil(features * numpy.log(self.forgetting) / numpy.log(0.9))))):
            self.held[self.turn] = self.prior[self.turn]
            self.turn = (self.turn + 1) % features

    def target_of(self, truth):
        if truth["kind"] != self.kind:
            return None
        if self.kind == "NUMBER":
            return numpy.array([truth["number"]])
        if self.kind == "VECTOR":
            return numpy.array(truth["vector"]) if len(truth["vector"]) == self.size else None
        if truth["label"] not in self.output["labels"]:
            return None
        return numpy.array([float(label == truth["label"]) for label in self.output["labels"]])

    def read(self, observation):
        if not self.over_members:
            if observation["context"] is None:
                return None, None
            return numpy.array([1.0, *observation["context"]]), 1 / self.size if self.kind == "LABEL" else 0.0
        outputs = {a["model"]: numpy.array(a["values"]) for a in observation["answered"]}
        if not outputs:
            return None, None
        self.meet([model for model in outputs if model not in self.models])
        mean = numpy.mean(list(outputs.values()), axis=0)
        blocks = [outputs.get(model, mean) for model in self.models]
        return numpy.concatenate([[1.0], *blocks]), mean

    def meet(self, models):
        """So far the mean of those known stood in for a new model."""
        known = len(self.models)
        self.models += models
        if self.matrix is None or not models:
            return
        before = len(self.held)
        grow = numpy.zeros((before + len(models) * self.size, before))
        grow[:before, :before] = numpy.eye(before)
        for i in range(len(models) * self.size):
            for block in range(known):
                grow[before + i, 1 + block * self.size + i % self.size] = 1 / known
        added = len(grow) - before
        self.matrix = grow @ self.matrix @ grow.T
        self.information = grow @ self.information
        self.mean = numpy.vstack([self.mean, numpy.zeros((added, self.size))])
        precision = float(self.ridge) if self.strength is None else self.prior[1:].mean()
        self.held = numpy.concatenate([self.held, numpy.full(added, precision)])
        self.prior = numpy.concatenate([self.prior, numpy.full(added, precision)])

    def state(self):
        weights = [] if self.matrix is None else self.solved().T.tolist()
        return {"models": self.models, "observations": self.observations, "weights": weights}


def fold(application, observations, born_after):
    policy = {"ensemble": Hedge, "linear": Linear}[application["policy"]["kind"]]
    population = policy(application["policy"], application["output"])
    wanted = set(born_after.values())
    populations = {0: population.inherit()} if 0 in wanted else {}
    entities = {}
    count = 0
    for observation in observations:
        if "prior" in observation:
            population.adopt(observation["prior"])
            continue
        entity = observation["entity"]
        if entity is not None:
            if entity not in entities:
                moment = born_after.get(entity)
                entities[entity] = population.inherit() if moment is None else copy.deepcopy(populations[moment])
            entities[entity].observe(observation)
        population.observe(observation)
        count += 1
        if count in wanted:
            populations[count] = population.inherit()
    return population, entities


lines = [json.loads(line) for line in sys.stdin if line.strip()]
application, rest = lines[0], lines[1:]
born_after = {line["entity"]: line["bornAfter"] for line in rest if "bornAfter" in line}
population, entities = fold(application, [line for line in rest if "bornAfter" not in line], born_after)
json.dump(
    {"population": population.state(), "entities": {name: state.state() for name, state in entities.items()}},
    sys.stdout,
)
