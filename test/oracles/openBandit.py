"""What the Open Bandit Pipeline estimates of an even choice on its sample of men: writes openBandit.json beside this file.

The doubly robust estimate stands on the product's regression, computed here by its closed form: for each fold of every
second row the value of an item is (clicks + m) / (rows + 1) of the other fold's rows, m being that fold's mean.
Run with obp 0.4.1, which the tests do not need: pip install --no-deps obp==0.4.1, and pip install pandas scikit-learn.
"""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

import numpy as np

# Its estimators alone, without what the whole package imports: PyTorch, for estimates of tensors, and plotting.
sys.modules["torch"] = MagicMock(Tensor=type("Tensor", (), {}))
package = ModuleType("obp.ope")
package.__path__ = [str(Path(importlib.util.find_spec("obp").origin).parent / "ope")]
sys.modules["obp.ope"] = package
from obp.ope.estimators import DoublyRobust, InverseProbabilityWeighting  # noqa: E402
from obp.ope.estimators import SelfNormalizedInverseProbabilityWeighting  # noqa: E402

HERE = Path(__file__).parent
item, _, click, propensity = np.loadtxt(HERE / "../fixtures/openBandit/bts-men.csv", delimiter=",", skiprows=1).T
items, action = np.unique(item, return_inverse=True)
rounds = np.arange(len(action))


def values_by_others(fold):
    """The value of each item, by the rows that are not of the fold."""
    others = rounds % 2 != fold
    clicks = np.bincount(action[others], weights=click[others], minlength=len(items))
    return (clicks + click[others].mean()) / (np.bincount(action[others], minlength=len(items)) + 1)


logged = {
    "reward": click,
    "action": action,
    "pscore": propensity,
    "action_dist": np.full((len(action), len(items), 1), 1 / len(items)),
}
values = np.stack([values_by_others(fold) for fold in (0, 1)])[rounds % 2][:, :, None]
estimates = {
    "ips": InverseProbabilityWeighting().estimate_policy_value(**logged),
    "snips": SelfNormalizedInverseProbabilityWeighting().estimate_policy_value(**logged),
    "dr": DoublyRobust().estimate_policy_value(**logged, estimated_rewards_by_reg_model=values),
}
result = {name: float(value) for name, value in estimates.items()}
(HERE / "openBandit.json").write_text(json.dumps(result, indent=1) + "\n")
print(result)
