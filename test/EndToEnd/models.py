"""What the end-to-end tests share: compiling, running, comparing with onnxruntime."""

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime as ort

import quantc


def session(model):
    """The model in onnxruntime, on two threads."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 2
    return ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def compiled(model, recipe="float", target="native", **options):
    """The model compiled by quantc into a folder that disappears, and loaded."""
    folder = tempfile.TemporaryDirectory(prefix="quantc-test-")
    prefix = Path(folder.name) / "model"
    quantc.compile(str(model), str(prefix), recipe=recipe, target=target, **options)
    loaded = quantc.load(prefix)
    _folders.append(folder)
    return loaded


_folders: list[tempfile.TemporaryDirectory] = []


def relative_error(wanted, found):
    """Largest difference of two arrays, relative to the largest magnitude wanted."""
    assert wanted.shape == found.shape, f"{wanted.shape} is not {found.shape}"
    if wanted.size == 0:
        return 0.0
    return float(np.abs(wanted - found).max() / max(np.abs(wanted).max(), 1e-30))


def worst_error(model, artifact, inputs):
    """The largest relative_error over all outputs; NaN when any of them is."""
    reference = session(model)
    names = [output.name for output in reference.get_outputs()]
    wanted = reference.run(None, inputs)
    found = artifact.run(inputs)
    # Unlike max(), NumPy's lets no NaN get lost.
    return float(np.max([relative_error(w, found[name]) for name, w in zip(names, wanted, strict=True)]))


def check(name, value, limit):
    """Prints one line and ends the test when `value` is above `limit`."""
    print(f"{name}: {value:.3g}, at most {limit:.3g}")
    if not value <= limit:
        sys.exit(f"{name} is {value}, expected at most {limit}")
