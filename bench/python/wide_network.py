"""Trains a network that is work for a GPU: `wide_network.py FOLDER DEVICE`, in PyTorch.

A residual network of 28 layers, ten times as wide as the first ones (Zagoruyko and Komodakis, Wide Residual Networks,
BMVC 2016): 36 million weights and 10 billion floating-point operations for an image of 32x32. It learns the UCI
digits, enlarged. Stdout: as the scripts of test/frameworks, a line of JSON for the exported program and one for the
TorchScript, with what the network itself answers on the device.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[2] / "test/frameworks"))
from case import digits, folder, write_case

WIDTH = 10
BLOCKS = 4
SIDE = 32
EPOCHS = 15
BATCH = 64
ANSWER_ROWS = 50


class Block(nn.Module):
    """Adds to its input what two convolutions make of it."""

    def __init__(self, before, channels, stride):
        super().__init__()
        self.norms = nn.ModuleList([nn.BatchNorm2d(before), nn.BatchNorm2d(channels)])
        self.first = nn.Conv2d(before, channels, 3, stride, padding=1, bias=False)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.shortcut = nn.Identity() if before == channels else nn.Conv2d(before, channels, 1, stride, bias=False)

    def forward(self, x):
        active = self.norms[0](x).relu()
        return self.shortcut(x) + self.second(self.norms[1](self.first(active)).relu())


class WideNetwork(nn.Module):
    """Label and probabilities of images of 32x32."""

    def __init__(self):
        super().__init__()
        layers, channels = [nn.Conv2d(1, 16, 3, padding=1, bias=False)], 16
        for group in range(3):
            for i in range(BLOCKS):
                wider = 16 * WIDTH * 2**group
                layers.append(Block(channels, wider, 2 if group > 0 and i == 0 else 1))
                channels = wider
        head = [nn.BatchNorm2d(channels), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]
        self.scores = nn.Sequential(*layers, *head)

    def forward(self, x):
        probabilities = self.scores(x.unsqueeze(1)).softmax(1)
        return {"label": probabilities.argmax(1), "probabilities": probabilities}


def enlarged(images):
    factor = SIDE // 8
    return images.reshape(-1, 8, 8).repeat(factor, axis=1).repeat(factor, axis=2)


def train(model, images, classes):
    """At a rate that falls to nothing: the norms' running means must be those of the last weights."""
    optimiser = torch.optim.Adam(model.parameters())
    steps = EPOCHS * -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=1e-3, total_steps=steps)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(images), device=images.device).split(BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model.scores(images[rows].unsqueeze(1)), classes[rows]).backward()
            optimiser.step()
            schedule.step()


def answers_of(model, images):
    with torch.inference_mode():
        parts = [model(rows) for rows in images.split(ANSWER_ROWS)]
    return {name: torch.cat([part[name] for part in parts]).numpy(force=True) for name in parts[0]}


def case(name, path, args, *, whole):
    outputs = {
        "label": ("INT64", answer["label"].astype(np.int64)),
        "probabilities": ("FP32", answer["probabilities"]),
    }
    write_case(name, "pytorch", torch.__version__, args, path, {"x": ("FP32", test_x)}, outputs, whole=whole)


device = sys.argv[2]
torch.manual_seed(1)
train_x, train_y, test_x, test_y = digits()
train_x, test_x = enlarged(train_x), enlarged(test_x)
model = WideNetwork().to(device)
train(model, torch.tensor(train_x, device=device), torch.tensor(train_y, device=device))
model.eval()
answer = answers_of(model, torch.tensor(test_x, device=device))
right = (answer["label"] == test_y).mean()
assert right > 0.9, f"only {right} of the answers are right"

model.cpu()
example = torch.tensor(test_x[:2])
exported = folder() / "wide.pt2"
batch = {0: torch.export.Dim("batch")}
torch.export.save(torch.export.export(model, (example,), dynamic_shapes=(batch,)), exported)
case("wide network, an exported program", exported, [], whole=True)

scripted = folder() / "wide.pt"
torch.jit.trace(model, example, strict=False).save(scripted)
signature = folder() / "wide.json"
stated = {
    "inputs": [{"name": "x", "datatype": "FP32", "shape": [SIDE, SIDE]}],
    "outputs": [
        {"name": "label", "datatype": "INT64", "shape": []},
        {"name": "probabilities", "datatype": "FP32", "shape": [10]},
    ],
}
signature.write_text(json.dumps(stated))
case("wide network, TorchScript", scripted, ["--signature", str(signature)], whole=False)
