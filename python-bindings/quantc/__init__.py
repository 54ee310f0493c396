"""Compile ONNX models to native libraries that run in few bits, and run them.

    quantc.compile("model.onnx", "build/model", recipe="w4a16")
    model = quantc.load("build/model.so")
    outputs = model.run({"x": array})
"""

import os

from quantc import _quantc
from quantc._compile import CompileError, compile
from quantc._quantc import Error, Model, State

__all__ = ["CompileError", "Error", "Model", "State", "compile", "load"]
__version__ = "0.1.0"


def load(
    path: str | os.PathLike[str],
    *,
    weights: str | os.PathLike[str] | None = None,
    num_threads: int = 0,
    check: bool = True,
) -> Model:
    """Load the library of a compiled model.

    `path` is PREFIX.so, or PREFIX. `weights` names the weights file if it is not
    beside the library. `num_threads` 0 leaves the number to OpenMP. `check=False`
    skips the checksum of the weights, which reads them all once.

    Raises Error when the file is no compiled model or its weights are damaged.
    """
    name = "" if weights is None else os.fspath(weights)
    return _quantc.load(os.fspath(path), name, num_threads, check)
