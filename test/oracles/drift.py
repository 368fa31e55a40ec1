"""Where river's drift detectors fire: writes drift.json beside this file.

The first stream is the example of river's documentation; Page-Hinkley fires at 1006 and ADWIN at 1023 there.
Run with river 0.26.1, which the tests do not need: python test/oracles/drift.py
"""

import json
import random
from pathlib import Path

from river import drift


def documented():
    rng = random.Random(12345)
    return rng.choices([0, 1], k=1000) + rng.choices(range(4, 8), k=1000)


def losses(seed, *parts):
    """Zero-one losses at one rate after another."""
    rng = random.Random(seed)
    return [int(rng.random() < rate) for rate, length in parts for _ in range(length)]


def fired(detector, stream):
    places = []
    for place, value in enumerate(stream):
        detector.update(value)
        if detector.drift_detected:
            places.append(place)
    return places


STREAMS = {
    "documented": documented(),
    "steady": losses(1, (0.1, 3000)),
    "fails": losses(2, (0.1, 1500), (0.5, 1500)),
    "recovers": losses(3, (0.5, 1000), (0.1, 2000)),
    "worsens a little": losses(4, (0.1, 2000), (0.2, 2000)),
    "fails twice": losses(5, (0.05, 1000), (0.4, 1000), (0.05, 1000), (0.6, 1000)),
}

result = {
    name: {
        "values": "".join(map(str, stream)),
        "pageHinkley": fired(drift.PageHinkley(), stream),
        "adwin": fired(drift.ADWIN(), stream),
    }
    for name, stream in STREAMS.items()
}
Path(__file__).with_name("drift.json").write_text(json.dumps(result, indent=1) + "\n")
for name, row in result.items():
    print(name, row["pageHinkley"], row["adwin"])
