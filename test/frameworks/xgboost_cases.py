"""XGBoost: digits, many classes and two."""

import xgboost
from case import digits, folder, write_case
from xgboost import XGBClassifier

train_x, train_y, test_x, _ = digits()
for name, classes in (("digits", train_y), ("digits, even or odd", train_y % 2)):
    model = XGBClassifier(n_estimators=20, n_jobs=1, random_state=1).fit(train_x, classes)
    path = folder() / f"{name}.json"
    model.save_model(path)
    write_case(
        name,
        "xgboost",
        xgboost.__version__,
        [],
        path,
        {"x": ("FP32", test_x)},
        {"label": ("INT64", model.predict(test_x)), "probabilities": ("FP32", model.predict_proba(test_x))},
        labels=[str(label) for label in sorted(set(classes))],
    )
