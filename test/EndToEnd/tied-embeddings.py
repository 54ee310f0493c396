# REQUIRES: python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %quantc

"""An embedding and the product that shares its table read one packed copy: the
weights file has it once, the numbers are those of the codes, and the compiled model
has the interpreter's bits."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import quantc
from onnx import TensorProto, helper, numpy_helper

ROWS, WIDTH = 70, 48
RECIPE = "weights: {bits: 8}\ntied_embeddings: true\n"


def make_model(path, table):
    """Rows of the table, and their products with every row."""
    node = helper.make_node
    graph = helper.make_graph(
        [
            node("Gather", ["table", "ids"], ["rows"], "embed"),
            node("Transpose", ["table"], ["turned"], "turn", perm=[1, 0]),
            node("MatMul", ["rows", "turned"], ["y"], "head"),
        ],
        "tied",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"])],
        [
            helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", WIDTH]),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", ROWS]),
        ],
        [numpy_helper.from_array(table, "table")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)


def main():
    rng = np.random.default_rng(8)
    table = rng.standard_normal((ROWS, WIDTH)).astype(np.float32)
    ids = np.array([0, 69, -1, 15, 16, 33])
    scale = np.abs(table).max(1, keepdims=True) / np.float32(127)
    rounded = np.rint(table / scale) * scale
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_model(folder / "tied.onnx", table)
        (folder / "tied.yaml").write_text(RECIPE, encoding="ascii")
        quantc.compile(str(folder / "tied.onnx"), str(folder / "tied"), recipe=str(folder / "tied.yaml"), quiet=True)
        found = quantc.load(folder / "tied").run({"ids": ids})
        assert np.array_equal(found["rows"], rounded[ids]), "rows are not the codes' numbers"
        assert np.allclose(found["y"], rounded[ids] @ rounded.T, rtol=1e-5, atol=1e-4)
        # Codes of 5 panels of 16 rows, scales of 80 rows, the header: no second table.
        size = (folder / "tied.weights").stat().st_size
        assert 5 * 16 * WIDTH <= size < 2 * 5 * 16 * WIDTH, size
        np.savez(folder / "in.npz", ids=ids)
        command = [sys.argv[1], "interpret", folder / "tied.onnx", "-r", folder / "tied.yaml", "--quiet"]
        subprocess.run([*command, "--inputs", folder / "in.npz", "--outputs", folder / "out.npz"], check=True)
        wanted = np.load(folder / "out.npz")
        for name, array in found.items():
            assert array.tobytes() == wanted[name].tobytes(), f"'{name}' differs from the interpreter's"


main()
