"""Runs ONNX's own node tests: compile, run, compare with the expected outputs.

    node_tests.py ARCHIVE QUANTC PASSING [--list]

ARCHIVE holds the models and data of onnx/backend/test/data/node. Every test ends
in one of three ways: its outputs are right, the model is unsupported (exit code 2,
or a type that NumPy arrays cannot have), or it fails. No test may fail,
and the tests named in PASSING must pass. --list prints the names that pass.
"""

import argparse
import collections
import concurrent.futures
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

import quantc

UNSUPPORTED = 2
# What onnx's own runner allows.
RELATIVE, ABSOLUTE = 1e-3, 1e-7


def read_value(file, value_type):
    """The array in a .pb file; None when it is no tensor."""
    if value_type.type.WhichOneof("value") != "tensor_type":
        return None
    tensor = onnx.TensorProto()
    tensor.ParseFromString(file.read_bytes())
    return numpy_helper.to_array(tensor)


def compare(name, wanted, found):
    """Empty, or what differs."""
    if wanted.shape != found.shape:
        return f"'{name}' has shape {found.shape}, expected {wanted.shape}"
    if wanted.dtype != found.dtype:
        return f"'{name}' has type {found.dtype}, expected {wanted.dtype}"
    if np.issubdtype(wanted.dtype, np.floating):
        close = np.isclose(found.astype(np.float64), wanted.astype(np.float64), RELATIVE, ABSOLUTE, equal_nan=True)
    else:
        close = found == wanted
    if close.all():
        return ""
    at = np.argwhere(~np.atleast_1d(close))[0]
    return (
        f"'{name}': {np.size(close) - np.count_nonzero(close)} of {wanted.size} differ, the first at {at.tolist()}: "
        f"{np.atleast_1d(found)[tuple(at)]}, expected {np.atleast_1d(wanted)[tuple(at)]}"
    )


def run_data(folder, graph, prefix):
    """Empty, or what is wrong with the outputs of one data set."""
    given = [value for value in graph.input if value.name not in {w.name for w in graph.initializer}]
    inputs = {value.name: read_value(folder / f"input_{i}.pb", value) for i, value in enumerate(given)}
    found = quantc.load(prefix, num_threads=1).run(inputs)
    for i, value in enumerate(graph.output):
        problem = compare(value.name, read_value(folder / f"output_{i}.pb", value), found[value.name])
        if problem:
            return problem
    return ""


def has_unnamed_types(graph):
    """True when an input or output has elements that NumPy itself has no type for."""
    kinds = [value.type.tensor_type.elem_type for value in [*graph.input, *graph.output]]
    return any(np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind)).isbuiltin != 1 for kind in kinds if kind)


def run_test(driver, folder):
    """('pass' | 'unsupported' | 'fail', why)."""
    model = folder / "model.onnx"
    with tempfile.TemporaryDirectory() as scratch:
        prefix = Path(scratch) / "out"
        try:
            result = subprocess.run(
                [driver, "compile", model, "-r", "float", "-o", prefix, "--quiet"],
                capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return "fail", "compiling takes more than 120 s"
        if result.returncode == UNSUPPORTED:
            return "unsupported", result.stderr.strip()
        if result.returncode != 0:
            return "fail", f"exit code {result.returncode}: {result.stderr.strip()[-300:]}"
        graph = onnx.load(model).graph
        if has_unnamed_types(graph):
            return "unsupported", "has a type that NumPy cannot name"
        for data in sorted(folder.glob("test_data_set_*")):
            try:
                problem = run_data(data, graph, prefix)
            except quantc.Error as error:
                problem = str(error)
            except (TypeError, ValueError) as error:
                return "unsupported", f"{type(error).__name__}: {error}"
            if problem:
                return "fail", problem
    return "pass", ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("driver")
    parser.add_argument("passing", type=Path)
    parser.add_argument("--list", action="store_true", help="print the names of tests that pass")
    parser.add_argument("--only", default="", help="tests whose name contains this")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(args.archive) as archive:
            archive.extractall(scratch, filter="data")
        folders = sorted(path.parent for path in Path(scratch).rglob("model.onnx") if args.only in path.parent.name)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda folder: run_test(args.driver, folder), folders))
    names = [folder.name for folder in folders]
    report(args, names, results)


def report(args, names, results):
    passed = [name for name, (outcome, _) in zip(names, results, strict=True) if outcome == "pass"]
    if args.list:
        print("\n".join(passed))
        return
    print(collections.Counter(outcome for outcome, _ in results))
    failed = [f"{name}: {why}" for name, (outcome, why) in zip(names, results, strict=True) if outcome == "fail"]
    wanted = [name for name in args.passing.read_text(encoding="ascii").split() if args.only in name]
    unsupported = {name: why for name, (outcome, why) in zip(names, results, strict=True) if outcome == "unsupported"}
    lost = [f"{name}: passed before, now {unsupported.get(name, 'missing')}" for name in wanted if name not in set(passed)]
    problems = failed + [line for line in lost if line.split(":")[0] in unsupported or "missing" in line]
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
