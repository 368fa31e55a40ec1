"""A feature model that users' weights are learned over: what a network takes an input for, of the classes that it knows."""

import numpy as np
from sklearn.neural_network import MLPClassifier

HIDDEN = 32
# Not as sure of what it was trained on as it could be: of new inputs it would be no surer.
DECAY = 0.1


class FeatureModel:
    """Trained on inputs and their classes; its features are their probabilities, scaled to a mean square of 1."""

    def __init__(self, seed):
        self.network = MLPClassifier((HIDDEN,), alpha=DECAY, max_iter=40, learning_rate_init=3e-3, random_state=seed, tol=0)

    def fit(self, inputs, classes):
        self.network.fit(inputs, classes)
        return self

    def features(self, inputs):
        probabilities = self.network.predict_proba(inputs)
        return probabilities * np.sqrt(probabilities.shape[1])

    def hidden(self, inputs):
        """What the network's last layer is given instead: its units' activations, scaled alike."""
        units = np.maximum(inputs @ self.network.coefs_[0] + self.network.intercepts_[0], 0)
        return units / np.sqrt((units**2).mean())
