# REQUIRES: models-built, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %models/minilm/model.onnx

"""The sentence encoder in floating point equals onnxruntime, with padded sentences."""

import sys

import numpy as np
from models import check, compiled, worst_error


def main():
    model = sys.argv[1]
    artifact = compiled(model)
    rng = np.random.default_rng(2)
    for batch, length in ((1, 1), (2, 7), (3, 40)):
        mask = np.ones((batch, length), np.int64)
        mask[-1, length // 2 + 1 :] = 0
        inputs = {
            "input_ids": rng.integers(1000, 30000, (batch, length)),
            "attention_mask": mask,
            "token_type_ids": np.zeros((batch, length), np.int64),
        }
        check(f"{batch} sentences of {length}", worst_error(model, artifact, inputs), 1e-4)


main()
