"""A gated block with its input rotated at run time: rotate_inputs.py QUANTC FOLDER.

In fp32 the result is the same but for rounding; with four-bit codes the error of the
down projection falls, because features that are far larger than the rest are spread
over all. The interpreter gives the same bits.
"""

import subprocess

import numpy as np
from changed_model import FOLDER, MODEL, QUANTC, error, save_model, write_recipe
from onnx import helper

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
    save_model(nodes, weights, WIDTH)


def run(name):
    prefix = FOLDER / name
    common = ["-r", str(write_recipe(name, RECIPES[name])), "--quiet"]
    outputs = {}
    for way, command in {
        "compiled": ["run", prefix, "--inputs", FOLDER / "x.npz"],
        "interpreted": ["interpret", MODEL, "--to", "fuse", "--inputs", FOLDER / "x.npz", *common],
    }.items():
        if way == "compiled":
            subprocess.run([QUANTC, "compile", MODEL, "-o", prefix, *common], check=True)
        found = FOLDER / f"{name}.{way}.npz"
        subprocess.run([QUANTC, *map(str, command), "--outputs", str(found)], check=True)
        outputs[way] = np.load(found)["y"]
    return outputs


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
