"""A gated block with a third of its channels large, split: split_channels.py QUANTC FOLDER.

Halves of large weights make steps finer; the function stays, and the certificate says so.
What samples say changes which channels are split. Bits are counted with what is added.
"""

import json
import subprocess

import changed_model
import numpy as np
from changed_model import FOLDER, MODEL, QUANTC, compile_model, error, save_model
from onnx import helper

RANDOM = np.random.default_rng(3)
WIDTH, INNER = 96, 192

W3 = "weights: {bits: 3, group_size: 32}\n"
SPLIT = "transforms: {split_channels: true}\n"
RECIPES = {
    "float": "preset: float\n",
    "w3": W3,
    "split": W3 + SPLIT,
    "norms": W3 + SPLIT,
    "gptq": W3 + "method: gptq\n",
    "gptq-split": W3 + "method: gptq\n" + SPLIT,
    "rotated": W3 + "transforms: {split_channels: {ratio: 0.1}, rotate_inputs: true, scale_inputs: awq}\n",
    "gptq-sorted": W3 + "method: gptq\ntransforms: {permute_inputs: true}\n",
    "sorted-split": W3 + "transforms: {permute_inputs: true, split_channels: true}\n",
    "ternary": "preset: ternary\nrules: []\n" + SPLIT,
}


def numbers(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def model():
    """x goes through a norm and a gated block."""
    gate, up, down = numbers(WIDTH, INNER) / 8, numbers(WIDTH, INNER), numbers(INNER, WIDTH)
    # As many large channels, of one size, as are split.
    gate[1::3] *= 4
    up[1::3] *= 4
    down[1::6] *= 4
    weights = {"gamma": np.ones(WIDTH, np.float32), "beta": numbers(WIDTH), "gate": gate, "up": up}
    weights |= {"bias": numbers(INNER), "down": down}
    nodes = [
        helper.make_node("LayerNormalization", ["x", "gamma", "beta"], ["n"], name="norm", axis=-1),
        helper.make_node("MatMul", ["n", "gate"], ["g"], name="gate"),
        helper.make_node("MatMul", ["n", "up"], ["u0"], name="up"),
        helper.make_node("Add", ["u0", "bias"], ["u"]),
        helper.make_node("Relu", ["g"], ["a"]),
        helper.make_node("Mul", ["a", "u"], ["m"]),
        helper.make_node("MatMul", ["m", "down"], ["y"], name="down"),
    ]
    save_model(nodes, weights, WIDTH)


def run(name, samples=None):
    """Output of the compiled model, near that of the interpreter, whose norm rounds differently."""
    return changed_model.run(name, RECIPES[name], samples, 1e-5)


def report(name):
    return json.loads((FOLDER / f"{name}.report.json").read_text(encoding="utf-8"))


def check_bits():
    """96 inputs become 128, 192 become 224; up and gate have the rows of both. Of each
    weight there are 3 bits and a scale of 32 bits a group of 32."""
    plain = {layer["name"]: layer for layer in report("w3")["layers"]}
    for layer in report("split")["layers"]:
        before = plain[layer["name"]]
        assert layer["parameters"] == before["parameters"] == WIDTH * INNER, layer
        assert layer["weights"].endswith(" inputs split"), layer
        grown = 128 / 96 * 224 / 192 if layer["name"] != "down" else 224 / 192
        # Channels that are taken when the model runs are counted once, 128 bytes of them.
        extra = 128 if layer["name"] == "gate" else 0
        assert layer["bytes"] == round(before["bytes"] * grown) + extra, (layer, before)
        assert abs(layer["bits_stored"] - 8 * layer["bytes"] / layer["parameters"]) < 1e-9, layer


def check_plan():
    recipe = str(FOLDER / "split.yaml")
    plan = subprocess.run(
        [QUANTC, "plan", str(MODEL), "-r", recipe, "--explain", "--quiet"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for text in (
        "channels of gate: 32 of 96 split, at run time: 'norm' is a norm of all channels\n",
        "channels of up: 32 of 96 split, at run time: 'norm' is a norm of all channels\n",
        "channels of down: 32 of 192 split, in weights\n",
    ):
        assert text in plan, f"expected '{text}' in {plan}"


def check_errors():
    samples = numbers(40, WIDTH)
    samples[7, 3] = np.nan
    np.savez(FOLDER / "nan.npz", x=samples)
    np.savez(FOLDER / "other.npz", z=samples)
    for file, text in {
        "nan.npz": "node 'gate': its inputs are not finite in the calibration data",
        "other.npz": "has no array for the input 'x'",
    }.items():
        done = compile_model("wrong", RECIPES["split"], file)
        assert done.returncode in (1, 3) and text in done.stderr, f"expected '{text}', found {done.stderr}"
        left = [path.name for path in FOLDER.glob("wrong.*") if path.suffix != ".yaml"]
        assert not left, f"left behind: {left}"
    done = compile_model("gptq-sorted", RECIPES["gptq-sorted"], None)
    assert done.returncode == 1 and "'permute_inputs' needs samples: give them with --calibrate" in done.stderr, done.stderr
    done = compile_model("ternary", RECIPES["ternary"], None)
    assert done.returncode == 0, done.stderr
    text = "no product with weights of integers has channels that can be split; first: 'gate' has ternary weights"
    assert any(text in warning for warning in report("ternary")["warnings"]), report("ternary")["warnings"]


def main():
    model()
    # An input channel of which the samples have much more.
    large = np.ones(WIDTH, np.float32)
    large[11] = 60
    samples = numbers(300, WIDTH) * large
    np.savez(FOLDER / "samples.npz", x=samples)
    np.savez(FOLDER / "x.npz", x=numbers(30, WIDTH))
    wanted, _ = run("float")
    wanted = wanted.astype(np.float64)
    (plain, _), (split, certificate) = run("w3"), run("split")
    assert certificate["weights"] == ["gate: split 0, take 1", "up: split 0, take 1", "bias: take 0", "down: split 0"], certificate
    before, after = error(plain, wanted), error(split, wanted)
    assert after < before, f"three bits: {before} without, {after} with"
    print(f"split: {certificate['outputs'][0]['relative_difference']:.1e} in fp64; three bits: {before:.4f} without, {after:.4f} with")
    check_bits()
    check_plan()
    by_norms, _ = run("norms", "samples.npz")
    assert not np.array_equal(by_norms, split)
    print("choice by norms differs")
    before, after = (error(run(name, "samples.npz")[0], wanted) for name in ("gptq", "gptq-split"))
    assert after < before, f"gptq: {before} without, {after} with"
    print(f"gptq: {before:.4f} without, {after:.4f} with")
    run("rotated", "samples.npz")
    sorted_by_norms, certificate = run("gptq-sorted", "samples.npz")
    assert certificate["weights"] == ["gate: take 0, take 1", "up: take 0, take 1", "bias: take 0", "down: take 0"], certificate
    print(f"sorted: {error(sorted_by_norms, wanted):.4f}")
    run("sorted-split", "samples.npz")
    check_errors()
    print("errors name what is wrong")


main()
