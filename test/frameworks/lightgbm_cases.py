"""LightGBM: digits, many classes and two."""

import lightgbm
from case import digits, folder, write_case
from lightgbm import LGBMClassifier

train_x, train_y, test_x, _ = digits()
for name, classes in (("digits", train_y), ("digits, even or odd", train_y % 2)):
    model = LGBMClassifier(n_estimators=20, n_jobs=1, random_state=1, verbose=-1).fit(train_x, classes)
    path = folder() / f"{name}.txt"
    model.booster_.save_model(path)
    write_case(
        name,
        "lightgbm",
        lightgbm.__version__,
        [],
        path,
        {"x": ("FP32", test_x)},
        {"label": ("INT64", model.predict(test_x)), "probabilities": ("FP64", model.predict_proba(test_x))},
        labels=[str(label) for label in sorted(set(classes))],
    )
