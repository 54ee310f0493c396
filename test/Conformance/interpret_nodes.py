"""Runs ONNX's own node tests with the interpreter and compares with the expected outputs.

    interpret_nodes.py ARCHIVE QUANTC PASSING

Every test named in PASSING, which are those that compiled models pass, must pass here
too, as it is imported and behind the phase Normalize.
"""

import concurrent.futures
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import onnx
from node_tests import compare, read_value


def interpret(driver, model, phase, inputs, scratch):
    """The outputs by name, or what is wrong."""
    data, found = Path(scratch) / "in.npz", Path(scratch) / "out.npz"
    np.savez(data, **inputs)
    command = [driver, "interpret", model, "--to", phase, "--inputs", data, "--outputs", found, "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        return f"exit code {result.returncode}: {result.stderr.strip()[-300:]}"
    return np.load(found)


def run_test(driver, folder):
    """Empty, or what is wrong with a test."""
    graph = onnx.load(folder / "model.onnx").graph
    given = [value for value in graph.input if value.name not in {w.name for w in graph.initializer}]
    with tempfile.TemporaryDirectory() as scratch:
        for data in sorted(folder.glob("test_data_set_*")):
            inputs = {value.name: read_value(data / f"input_{i}.pb", value) for i, value in enumerate(given)}
            for phase in ("import", "normalize"):
                found = interpret(driver, folder / "model.onnx", phase, inputs, scratch)
                if isinstance(found, str):
                    return f"{phase}: {found}"
                for i, value in enumerate(graph.output):
                    problem = compare(value.name, read_value(data / f"output_{i}.pb", value), found[value.name])
                    if problem:
                        return f"{phase}: {problem}"
    return ""


def main():
    archive, driver, passing = sys.argv[1:]
    names = set(Path(passing).read_text(encoding="ascii").split())
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(archive) as file:
            file.extractall(scratch, filter="data")
        folders = sorted(path.parent for path in Path(scratch).rglob("model.onnx") if path.parent.name in names)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda folder: run_test(driver, folder), folders))
    failed = [f"{folder.name}: {why}" for folder, why in zip(folders, results, strict=True) if why]
    print(f"{len(folders) - len(failed)} of {len(folders)} tests pass")
    if failed or len(folders) != len(names):
        sys.exit("\n".join(failed) or "tests are missing")


if __name__ == "__main__":
    main()
