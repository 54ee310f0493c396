# REQUIRES: python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %quantc

"""Weights of planes at every precision: rows of ones and zeros read them out of compiled
products, and NumPy computes them from the definition (truncated codes, least squares);
the interpreter, every level and the simulated GPU agree bit for bit; the report counts
what is stored and what a call reads; wrong precisions are refused."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import quantc
from onnx import TensorProto, helper, numpy_helper
from paths import levels

F32 = np.float32
INPUTS, OUTPUTS, GROUP = 80, 40, 32
WIDTHS = [8, 4, 2]
RECIPES = {
    "a16": "weights: {format: planes, bits: 8, widths: [8, 4, 2], group_size: 32, scale: f16}\n",
    "a8": "weights: {format: planes, bits: 8, group_size: 32, scale: f16}\nactivations: {matmul: dynamic}\n",
    "narrow": "weights: {format: planes, bits: 4}\nactivations: {matmul: dynamic_symmetric}\n",
    "plain": "weights: {bits: 8}\n",
}


def half(value):
    return F32(np.float16(value))


def planes(weight, width):
    """[inputs, outputs] -> the numbers that codes of 8 bits stand for at `width` bits."""
    result = np.empty_like(weight)
    for first in range(0, INPUTS, GROUP):
        for n in range(OUTPUTS):
            block = weight[first : first + GROUP, n]
            scale = half(max(block.max(), -block.min() * F32(119 / 136)) / F32(119))
            codes = np.clip(np.rint(block / scale), -136, 119).astype(int) + 136
            steps = codes - 136
            if width < 8:
                factor, zero = {4: (1, 8), 2: (8, 13)}[width]
                steps = factor * (codes >> (8 - width)) - zero
                product = squares = 0.0
                for number, step in zip(block, steps):
                    product += float(number) * float(step)
                    squares += float(step) ** 2
                scale = half(F32(product / squares))
            result[first : first + GROUP, n] = steps.astype(F32) * scale
    return result


def save_model(path, weight):
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"], "product")]
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in (("x", INPUTS), ("y", OUTPUTS))
    )
    graph = helper.make_graph(nodes, "planes", [x], [y], [numpy_helper.from_array(weight, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)


def tool(*words, fails=False):
    """What `quantc` prints, of a command that fails its error."""
    result = subprocess.run([sys.argv[1], *map(str, words)], capture_output=True, text=True, check=False)
    assert (result.returncode == 1) if fails else (result.returncode == 0), f"{words}: {result.stderr}"
    return result.stderr if fails else result.stdout


def artifacts(folder, name):
    """The model on every level of this machine and on the simulated GPU."""
    best = levels()[-1]
    targets = {"cpu": f"x86-64-{best}" if best != "generic" else best, "cuda-sim": "cuda-sim", "backward": "cuda-sim-backward"}
    for target, option in targets.items():
        quantc.compile(folder / "m.onnx", folder / f"{name}-{target}", recipe=folder / f"{name}.yaml", target=option, quiet=True)
    for level in levels():
        os.environ["QUANTC_LEVEL"] = level
        yield level, quantc.load(folder / f"{name}-cpu")
        del os.environ["QUANTC_LEVEL"]
    for target in ("cuda-sim", "backward"):
        yield target, quantc.load(folder / f"{name}-{target}")


def same_bits(folder, name, widths, rng):
    """All ways to run a model have the interpreter's bits at every width."""
    loaded = dict(artifacts(folder, name))
    for rows in (1, 3, 17):
        x = rng.standard_normal((rows, INPUTS)).astype(F32)
        np.savez(folder / "in.npz", x=x)
        for width in widths:
            words = ["-r", folder / f"{name}.yaml", "--to", "fuse", "--precision", width, "--quiet"]
            tool("interpret", folder / "m.onnx", "--inputs", folder / "in.npz", "--outputs", folder / "out.npz", *words)
            with np.load(folder / "out.npz") as arrays:
                wanted = arrays["y"]
            for way, model in loaded.items():
                model.set_precision(width)
                found = model.run(x=x)["y"]
                assert found.tobytes() == wanted.tobytes(), f"{name} of {rows} rows at {width} bits: {way} differs"
    print(f"{name}: the interpreter and {', '.join(loaded)} have the same bits at {widths}")
    return loaded


def check_numbers(model, weight):
    identity = np.eye(INPUTS, dtype=F32)
    assert model.precision == 8
    for width in [*WIDTHS, 8]:  # and back
        model.set_precision(width)
        assert model.precision == width
        found, wanted = model.run(x=identity)["y"], planes(weight, width)
        different = np.count_nonzero(found != wanted)
        assert not different, f"{width} bits: {different} of {wanted.size} differ, by {np.abs(found - wanted).max()}"
        error = np.sqrt(np.mean((found - weight) ** 2) / np.mean(weight**2))
        print(f"{width} bits: relative error {error:.4f}")


def check_report(folder, weight):
    """The planes of 80 inputs are 5 lines, those of 40 outputs 3 panels; every width has
    3 groups of f16 scales for 48 outputs."""
    layer = json.loads((folder / "a16-cpu.report.json").read_text())["layers"][0]
    assert layer["weights"] == "planes8/4/2 g32, f16 scales", layer["weights"]
    line, scales = 3 * 5 * 64, -(-3 * 3 * 16 * 2 // 64) * 64
    assert layer["bytes"] == 4 * line + 3 * scales, layer["bytes"]
    assert layer["bits_nominal"] == 8
    assert layer["bits_stored"] == 8 * layer["bytes"] / weight.size
    for width, precision in zip(WIDTHS, layer["precisions"], strict=True):
        assert precision["bits"] == width
        assert precision["bytes_read"] == width // 2 * line + scales, precision
        noise = np.sum((planes(weight, width).astype(float) - weight) ** 2)
        wanted = 10 * np.log10(np.sum(weight.astype(float) ** 2) / noise)
        assert abs(precision["sqnr_db"] - wanted) < 1e-6, precision
    assert "planes8/4/2" in (folder / "a16-cpu.report.html").read_text()


def check_tools(folder):
    library, plain = folder / "a16-cpu.so", folder / "plain.so"
    assert "weights are read at 8, 4 or 2 bits\n" in tool("inspect", library)
    assert json.loads((folder / "a16-cpu.json").read_text())["precisions"] == WIDTHS
    assert "weights are read at 8, 4, 2 bits: qc_set_precision" in (folder / "a16-cpu.h").read_text()
    assert "precisions" not in json.loads((folder / "plain.json").read_text())
    model = quantc.load(library)
    x = np.ones((2, INPUTS), F32)
    np.savez(folder / "in.npz", x=x)
    for width in WIDTHS:
        tool("run", library, "--inputs", folder / "in.npz", "--outputs", folder / "out.npz", "--precision", width)
        model.set_precision(width)
        with np.load(folder / "out.npz") as arrays:
            assert np.array_equal(arrays["y"], model.run(x=x)["y"]), width
    assert json.loads(tool("bench", library, "--runs", 1, "--precision", 2, "--json"))["runs"] == 1
    quality = [
        json.loads(tool("compare", folder / "m.onnx", library, "--data", folder / "in.npz", "--precision", width, "--layers", "--json"))
        for width in WIDTHS
    ]
    for number in (0, 1):  # the output, and the only layer
        sqnr = [rows[number]["sqnr_db"] for rows in quality]
        assert sqnr[0] > sqnr[1] > sqnr[2], sqnr
    wrong = ["--inputs", folder / "in.npz", "--outputs", folder / "none.npz", "--precision"]
    assert "--precision is 3, but the weights can be read at 8, 4 or 2 bits" in tool("run", library, *wrong, 3, fails=True)
    assert "--precision is for models with weights of planes; this one has none" in tool("run", plain, *wrong, 8, fails=True)
    assert not (folder / "none.npz").exists()
    no_planes = tool("interpret", folder / "m.onnx", "-r", folder / "plain.yaml", *wrong, 4, fails=True)
    assert "no weight is quantized to planes, so that no precision can be chosen" in no_planes


def refused(model, bits, text):
    before = model.precision
    try:
        model.set_precision(bits)
    except quantc.Error as error:
        assert text in str(error), error
        assert model.precision == before
    else:
        sys.exit(f"{bits} bits are not refused")


def main():
    rng = np.random.default_rng(21)
    weight = rng.standard_normal((INPUTS, OUTPUTS)).astype(F32)
    weight[:, 3] *= 30
    weight[32:48, 5] /= 4096
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        save_model(folder / "m.onnx", weight)
        for name, recipe in RECIPES.items():
            (folder / f"{name}.yaml").write_text(recipe, encoding="ascii")
        loaded = same_bits(folder, "a16", WIDTHS, rng)
        fresh = quantc.load(folder / "a16-cpu")
        check_numbers(fresh, weight)
        same_bits(folder, "a8", WIDTHS, rng)
        same_bits(folder, "narrow", [4, 2], rng)
        quantc.compile(folder / "m.onnx", folder / "plain", recipe=folder / "plain.yaml", quiet=True)
        check_report(folder, weight)
        check_tools(folder)
        refused(loaded["cuda-sim"], 3, "weights cannot be read at 3 bits, expected 8, 4 or 2")
        plain = quantc.load(folder / "plain")
        assert plain.precision == 0
        refused(plain, 8, "the model has no weights in planes, so that no precision can be chosen")


main()
