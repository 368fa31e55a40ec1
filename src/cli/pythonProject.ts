import { askingIt } from "./modelReadme.js";

/** The files of a model wrapper in Python: a model that works, to be replaced by a better one. */
export function pythonProject(name: string, packageUrl: string): Readonly<Record<string, string>> {
  const module = name.replaceAll("-", "_");
  return {
    "pyproject.toml": pyproject(name, module, packageUrl),
    [`${module}.py`]: wrapper(name, module),
    [`test_${module}.py`]: tests(module),
    "README.md": readme(name, module),
    ".gitignore": ".venv/\n__pycache__/\nbuild/\n*.egg-info/\n",
  };
}

function pyproject(name: string, module: string, packageUrl: string): string {
  return `[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "${name}"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [
  "numpy>=1.26,<3",
  "skysail-wrapper @ ${packageUrl}",
]

[tool.setuptools]
py-modules = ["${module}"]
`;
}

function wrapper(name: string, module: string): string {
  return `"""Serves ${name} to Skysail."""

import numpy as np
from skysail_wrapper import Tensor, model

# A saved model is loaded here, once, when the process starts.
WEIGHTS = np.array([0.5, -1.0, 2.0, 0.25], dtype=np.float32)


@model(inputs=[Tensor("x", "FP32", [4])], outputs=[Tensor("score", "FP32")])
def ${module}(x):
    """All rows of a batch at once: x has the shape (rows, 4); one score for each row comes back."""
    return x @ WEIGHTS


if __name__ == "__main__":
    ${module}.run()
`;
}

function tests(module: string): string {
  return `import unittest

import numpy as np

from ${module} import ${module}


class ${module
    .replaceAll("_", " ")
    .replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
    .replaceAll(" ", "")}Test(unittest.TestCase):
    def test_scores_each_row(self):
        rows = np.array([[1, 0, 0, 0], [2, 1, 1, 4]], dtype=np.float32)
        np.testing.assert_allclose(${module}(rows), [0.5, 3.0])

    def test_a_batch_is_its_rows(self):
        rows = np.random.default_rng(7).normal(size=(33, 4)).astype(np.float32)
        alone = [${module}(row[np.newaxis])[0] for row in rows]
        np.testing.assert_allclose(${module}(rows), alone, rtol=1e-5, atol=1e-6)


if __name__ == "__main__":
    unittest.main()
`;
}

function readme(name: string, module: string): string {
  return `# ${name}

A model wrapper for Skysail: \`${module}.py\` is the model, a function of all rows of a batch.

\`\`\`bash
python3 -m venv .venv
.venv/bin/pip install --editable .
.venv/bin/python -m unittest
\`\`\`

Run it (\`--help\` lists the options; SIGTERM drains):

\`\`\`bash
.venv/bin/python ${module}.py --name ${name} --port 9001
\`\`\`

${askingIt(name)}
A model that changes is another version: \`--model-version 2\` on another port, registered as version 2.
`;
}
