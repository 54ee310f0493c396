# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %shared/models

"""Small models compiled in floating point equal onnxruntime to 1e-4, at several sizes."""

import sys
from pathlib import Path

import numpy as np
from models import check, compiled, session, worst_error

LIMIT = 1e-4


def fixed_input(model, rng, batch):
    """Random inputs; dynamic dimensions get `batch`."""
    inputs = {}
    for value in session(model).get_inputs():
        shape = [size if isinstance(size, int) else batch for size in value.shape]
        inputs[value.name] = rng.standard_normal(shape).astype(np.float32)
    return inputs


def main():
    folder = Path(sys.argv[1])
    rng = np.random.default_rng(1)
    images = ["mnist", "resnet20_cifar10", "resnet32_cifar10", "mlperf_ic_resnet8", "mlperf_kws_dscnn"]
    for name in images:
        model = folder / f"{name}.onnx"
        artifact = compiled(model)
        for batch in (1, 3):
            inputs = fixed_input(model, rng, batch)
            check(f"{name}, batch {batch}", worst_error(model, artifact, inputs), LIMIT)

    model = folder / "stories260K.onnx"
    artifact = compiled(model)
    for length in (1, 2, 37):
        inputs = {}
        for value in session(model).get_inputs():
            shape = [size if isinstance(size, int) else length for size in value.shape]
            if "int" in value.type:
                inputs[value.name] = rng.integers(0, 500, shape).astype(np.int64)
            else:
                inputs[value.name] = rng.standard_normal(shape).astype(np.float32)
        check(f"stories260K, {length} tokens", worst_error(model, artifact, inputs), LIMIT)


main()
