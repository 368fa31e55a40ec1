"""What a classifier's classes are called: PROTOCOL.md says how it travels."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from .model import StartError


def class_names(classes: Iterable[Any]) -> list[str]:
    """Classes as a framework holds them, as texts: whole numbers without a point."""
    values = (value.item() if hasattr(value, "item") else value for value in classes)
    return [str(int(value)) if isinstance(value, float) and value.is_integer() else str(value) for value in values]


def class_properties(classes: Sequence[str] | None, labels: Sequence[str] | None) -> dict[str, str]:
    """Of the metadata: `classes` is what the model knows itself, `labels` what its operator calls them. Raises
    StartError where these are not as many."""
    if classes is None or labels is None:
        known = classes if labels is None else labels
        return {} if known is None else {"labels": json.dumps(list(known))}
    if len(labels) != len(classes):
        raise StartError(f"--labels names {len(labels)} classes: the model has {len(classes)} ({', '.join(classes)})")
    return {"labels": json.dumps(list(labels)), "label_values": json.dumps(list(classes))}
