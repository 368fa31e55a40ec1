"""PyTorch: a small convolutional network on digits, as TorchScript and as an exported program."""

import json

import numpy as np
import torch
from case import digits, folder, write_case
from torch import nn


class Digits(nn.Module):
    """Label and probabilities of images of 8x8."""

    def __init__(self):
        super().__init__()
        self.scores = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16 * 4 * 4, 10)
        )

    def forward(self, x):
        probabilities = self.scores(x.unsqueeze(1)).softmax(1)
        return {"label": probabilities.argmax(1), "probabilities": probabilities}


torch.manual_seed(1)
torch.set_num_threads(1)
train_x, train_y, test_x, test_y = digits()
train_x, test_x = train_x.reshape(-1, 8, 8), test_x.reshape(-1, 8, 8)
x, y = torch.tensor(train_x), torch.tensor(train_y)
model = Digits()
optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
for _ in range(100):
    optimiser.zero_grad()
    nn.functional.cross_entropy(model.scores(x.unsqueeze(1)), y).backward()
    optimiser.step()
model.eval()
with torch.no_grad():
    answer = {name: value.numpy() for name, value in model(torch.tensor(test_x)).items()}
assert (answer["label"] == test_y).mean() > 0.95


def case(name, path, args, *, whole):
    outputs = {
        "label": ("INT64", answer["label"].astype(np.int64)),
        "probabilities": ("FP32", answer["probabilities"]),
    }
    write_case(name, "pytorch", torch.__version__, args, path, {"x": ("FP32", test_x)}, outputs, whole=whole)


exported = folder() / "digits.pt2"
batch = {0: torch.export.Dim("batch")}
torch.export.save(torch.export.export(model, (torch.tensor(test_x[:2]),), dynamic_shapes=(batch,)), exported)
case("digits, an exported program", exported, [], whole=True)

scripted = folder() / "digits.pt"
torch.jit.trace(model, torch.tensor(test_x[:2]), strict=False).save(scripted)
signature = folder() / "digits.json"
signature.write_text(
    json.dumps(
        {
            "inputs": [{"name": "x", "datatype": "FP32", "shape": [8, 8]}],
            "outputs": [
                {"name": "label", "datatype": "INT64", "shape": []},
                {"name": "probabilities", "datatype": "FP32", "shape": [10]},
            ],
        }
    )
)
case("digits, TorchScript", scripted, ["--signature", str(signature)], whole=False)
