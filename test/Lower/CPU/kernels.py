# Several kernels in one module, and comparisons that say where arrays differ.
# Compiling and calling conventions are those of harness.py, which is for one
# kernel in many variants.

import ctypes
import re
import sys
import tempfile
from pathlib import Path

import numpy as np

from harness import GRIDS, descriptor, levels, lower, machine_flags, machine_of, tool

OPENMP = ["-fopenmp", "-L/usr/lib/llvm-22/lib", "-Wl,-rpath,/usr/lib/llvm-22/lib"]


class Kernels:
    """The functions of an MLIR text. Their arguments are memrefs (NumPy arrays)."""

    def __init__(self, text: str, level: str, c_source: str = "") -> None:
        """`c_source` is compiled with the kernels: what they call outside."""
        text = re.sub(r"(func\.func @\w+\([^{]*\)) \{", r"\1 attributes {llvm.emit_c_interface} {", text)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            source, extra = lower(text, level, folder), folder / "extra.c"
            extra.write_text(c_source, encoding="utf-8")
            # Nothing here uses instructions of v4: elsewhere its loops run on v3.
            tool("clang", "-O2", *machine_flags(machine_of(level)), *OPENMP, "-shared", "-fPIC", "-Wno-override-module",
                 source, extra, "-o", folder / "k.so", "-lm")  # fmt: skip
            self.library = ctypes.CDLL(str(folder / "k.so"))

    def __getattr__(self, name: str):
        function = self.library[f"_mlir_ciface_{name}"]
        function.restype = None

        def call(*arrays: np.ndarray) -> None:
            function(*[ctypes.byref(descriptor(array)) for array in arrays])

        return call


def ulps(actual: np.ndarray, exact: np.ndarray) -> tuple[float, int]:
    """Largest error in units in the last place of fp32, and where; `exact` is fp64."""
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = exact.astype(np.float32)
        unit = np.spacing(np.maximum(np.abs(rounded), np.float32(2.0**-126))).astype(np.float64)
        error = np.abs(actual.astype(np.float64) - exact) / unit
    same = (actual == rounded) | (np.isnan(actual) & np.isnan(rounded))
    error = np.where(same & ~np.isfinite(rounded), 0, np.where(np.isnan(error), np.inf, error))
    return float(error.max()), int(error.argmax())


def check(name: str, actual: np.ndarray, expected: np.ndarray, rtol: float = 1e-5, atol: float = 1e-6) -> None:
    """Ends the test if the arrays differ; NaN equals NaN."""
    if actual.shape != expected.shape:
        sys.exit(f"{name}: shape {actual.shape}, expected {expected.shape}")
    close = np.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=True)
    if not close.all():
        where = tuple(int(i) for i in np.argwhere(~close)[0])
        sys.exit(
            f"{name}: {(~close).sum()} of {close.size} differ, first at {where}: "
            f"{actual[where]}, expected {expected[where]}"
        )


def on_all_levels(text: str, test, c_source: str = "", grids: bool = False) -> None:
    """Runs test(kernels) -> list of results on each level, with `grids` on simulated GPUs, too;
    results must be equal in every bit."""
    first = None
    for level in [*levels(), *(GRIDS if grids else [])]:
        results = [array.tobytes() for array in test(Kernels(text, level, c_source))]
        if first is not None and results != first:
            bad = next(i for i, (a, b) in enumerate(zip(first, results)) if a != b)
            sys.exit(f"result {bad} on level {level} differs from that on level generic")
        first = results


def noise(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
