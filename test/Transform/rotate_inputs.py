"""A gated block with its input rotated at run time: rotate_inputs.py QUANTC FOLDER.

In fp32 the result is the same but for rounding; with four-bit codes the error of the
down projection falls, because features that are far larger than the rest are spread
over all. The interpreter gives the same bits.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

QUANTC, FOLDER = sys.argv[1], Path(sys.argv[2])
RANDOM = np.random.default_rng(2)
WIDTH, INNER = 32, 96  # 96 = 12 * 8: a core and a power of two

RECIPES = {
    "float": "preset: float\n",
    "float-rotated": "preset: float\ntransforms: {rotate_inputs: true, seed: 5}\n",
    # Only the down projection, and next to nothing lost in its weight.
    "w8a4": "weights: {bits: 8}\nactivations: {matmul: dynamic, bits: 4}\n"
    "rules: [{name: gate, skip: true}, {name: up, skip: true}]\n",
}
RECIPES["w8a4-rotated"] = RECIPES["w8a4"] + "transforms: {rotate_inputs: true, seed: 5}\n"


def numbers(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def model():
    up = numbers(WIDTH, INNER)
    up[:, [7, 50]] *= 40  # two features that set the scale of every token
    down = numbers(INNER, WIDTH)
    down[[7, 50]] /= 40  # and that matter as little as all others
    weights = {"gate": numbers(WIDTH, INNER), "up": up, "down": down}
    nodes = [
        helper.make_node("MatMul", ["x", "gate"], ["g"], name="gate"),
        helper.make_node("MatMul", ["x", "up"], ["u"], name="up"),
        helper.make_node("Relu", ["g"], ["a"]),
        helper.make_node("Mul", ["a", "u"], ["m"]),
        helper.make_node("MatMul", ["m", "down"], ["y"], name="down"),
    ]
    graph = helper.make_graph(
        nodes,
        "gated",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["T", WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["T", WIDTH])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), FOLDER / "gated.onnx")


def run(name):
    recipe, prefix = FOLDER / f"{name}.yaml", FOLDER / name
    recipe.write_text(RECIPES[name], encoding="utf-8")
    common = ["-r", str(recipe), "--quiet"]
    outputs = {}
    for way, command in {
        "compiled": ["run", prefix, "--inputs", FOLDER / "x.npz"],
        "interpreted": ["interpret", FOLDER / "gated.onnx", "--to", "fuse", "--inputs", FOLDER / "x.npz", *common],
    }.items():
        if way == "compiled":
            subprocess.run([QUANTC, "compile", FOLDER / "gated.onnx", "-o", prefix, *common], check=True)
        found = FOLDER / f"{name}.{way}.npz"
        subprocess.run([QUANTC, *map(str, command), "--outputs", str(found)], check=True)
        outputs[way] = np.load(found)["y"]
    return outputs


def error(found, wanted):
    return float(np.linalg.norm(found.astype(np.float64) - wanted) / np.linalg.norm(wanted))


def main():
    model()
    np.savez(FOLDER / "x.npz", x=numbers(37, WIDTH))
    results = {name: run(name) for name in RECIPES}
    wanted = results["float"]["compiled"].astype(np.float64)
    same = error(results["float-rotated"]["compiled"], wanted)
    assert 0 < same < 1e-6, f"the rotation changes the result by {same}"
    plain, rotated = (error(results[name]["compiled"], wanted) for name in ("w8a4", "w8a4-rotated"))
    assert rotated < 0.7 * plain, f"four-bit codes: error {plain} without, {rotated} with a rotation"
    for name, ways in results.items():
        a, b = ways["compiled"], ways["interpreted"]
        assert np.array_equal(a, b), f"{name}: the interpreter differs by {error(a, b.astype(np.float64))}"
    print(f"rotated: {same:.1e} in fp32; four bits: {plain:.3f} without, {rotated:.3f} with")


main()
