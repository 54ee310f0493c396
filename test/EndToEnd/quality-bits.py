# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%source/build/release/python:%source/benchmarks/quality %python %s %quantc %shared %source

"""benchmarks/quality on its fastest row, and the comparison of bits that it makes: products
cut out of a language model have the interpreter's bits, and others are found."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from bits import Products, verdict
from compiling import CompileError

QUANTC, SHARED, SOURCE = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
MODEL = SHARED / "models/stories260K.onnx"
RECIPES = {
    "w4a8": "preset: w4a8\n",
    "rotated": "preset: w4a8\ntransforms: {rotate_stream: true, rotate_inputs: true}\n",
    "bits under a budget": "weights: {bits: 4, symmetric: false, group_size: 32}\nmethod: gptq\n"
    "budget: {bits_per_weight: 4.5, candidates: [2, 4, 8]}\n",
}


def check_products(folder):
    options = argparse.Namespace(quantc=QUANTC, scratch=folder, simulate=True)
    ids = np.random.default_rng(3).integers(3, 500, (4, 1, 64))
    products = Products(options, MODEL, r"layers\.1.*(wq|wk|w1|w2)", [{"input_ids": window} for window in ids])
    assert len(products.inputs) == 3 and products.data["x0"].shape[0] == 256, products.data["x0"].shape
    for name, recipe in RECIPES.items():
        found = products.same_bits(recipe)
        print(f"{name}: {found}")
        assert found.startswith("interpreter = generic") and found.endswith(" = cuda-sim"), found


def check_verdict():
    assert verdict({"generic": (1,), "v3": None, "v4": (1,)}) == "generic = v4"
    try:
        verdict({"interpreter": (1,), "generic": (1,), "cuda-sim": (2,)})
    except CompileError as error:
        assert str(error) == "other bits than interpreter: cuda-sim", error
    else:
        sys.exit("other bits were not found")


def check_row(folder):
    results = folder / "results.json"
    words = ["--shared", SHARED, "--quantc", QUANTC, "--rows", "^DS-CNN", "--results", results, "--simulate"]
    command = [sys.executable, SOURCE / "benchmarks/quality", *words]
    first = subprocess.run(command, check=True, capture_output=True, text=True)
    (row,) = json.loads(results.read_text())["20480 tokens"].values()
    assert row["points lost"] <= 0.5 and row["bits of products"].endswith("= cuda-sim"), row
    again = subprocess.run(command, check=True, capture_output=True, text=True)
    assert again.stdout == first.stdout and "DS-CNN" in first.stderr and not again.stderr, again.stderr
    kept = subprocess.run([*command[:2], "--results", results, "--table"], check=True, capture_output=True, text=True)
    assert kept.stdout == first.stdout, kept.stdout
    results.write_text(results.read_text().replace("preset: w8a8", "preset: w8a16"))
    old = subprocess.run([*command[:2], "--results", results, "--table"], check=False, capture_output=True, text=True)
    assert old.returncode == 1 and "the recipe of 'DS-CNN, w8a8' has changed" in old.stderr, old.stderr


def check_docs():
    """The table of the documentation is what is kept."""
    (kept,) = (SOURCE / "benchmarks/results").glob("quality-*.json")
    command = [sys.executable, SOURCE / "benchmarks/quality", "--results", kept, "--table"]
    table = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "MISSED" not in table and table.count("\n| ") > 40, table
    assert (SOURCE / "docs/quality.md").read_text().endswith(table), "docs/quality.md has another table"


def main():
    check_verdict()
    check_docs()
    with tempfile.TemporaryDirectory() as name:
        check_products(Path(name))
        check_row(Path(name))


main()
