"""Real texts with labels: the descriptions of scikit-learn's data sets, by sentence."""

import re


def sentences():
    """(texts, labels): which data set each sentence is about."""
    from sklearn import datasets

    texts, labels = [], []
    for label in ("breast_cancer", "diabetes", "digits", "iris", "linnerud", "wine"):
        description = getattr(datasets, f"load_{label}")().DESCR
        for sentence in re.split(r"(?<=[.:;])\s+|\n\s*\n", description):
            words = " ".join(re.sub(r"[|:*=]", " ", sentence).split())
            if len(words) > 12:
                texts.append(words)
                labels.append(label)
    return texts, labels
