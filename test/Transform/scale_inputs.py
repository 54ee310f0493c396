"""A gated block behind a norm, scaled: scale_inputs.py QUANTC FOLDER.

With the scales of SmoothQuant 8-bit activations lose less, with those of AWQ 3-bit
weights do. The function stays, and the certificate says so. What is wrong with the samples is said by name.
"""

import changed_model
import numpy as np
from changed_model import FOLDER, compile_model, error, save_model
from onnx import helper

RANDOM = np.random.default_rng(3)
WIDTH, INNER = 32, 64

SMOOTH, AWQ = "transforms: {scale_inputs: smoothquant}\n", "transforms: {scale_inputs: awq}\n"
W8A8 = "weights: {bits: 8}\nactivations: {matmul: dynamic_symmetric}\n"
W3 = "weights: {bits: 3, group_size: 32}\nrules: [{name: table, skip: true}, {name: head, skip: true}]\n"
RECIPES = {
    "float": "preset: float\n",
    "w8a8": W8A8,
    "w8a8-smooth": W8A8 + SMOOTH,
    "w3": W3,
    "w3-awq": W3 + AWQ,
}


def numbers(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def model():
    """x gains a gated block and ends in a product, as a language model does."""
    gamma, gate = np.ones(WIDTH, np.float32), numbers(WIDTH, INNER) / 8
    up, down = numbers(WIDTH, INNER), numbers(INNER, WIDTH)
    # Some features are far larger than the rest, and matter more.
    gamma[[3, 20]] = 60
    gate[[3, 20]] /= 6
    up[[3, 20]] /= 6
    up[:, [7, 50]] *= 30
    down[[7, 50]] /= 3
    weights = {
        "table": numbers(WIDTH, WIDTH),
        "gamma": gamma,
        "beta": numbers(WIDTH),
        "gate": gate,
        "up": up,
        "bias": numbers(INNER),
        "down": down,
        "ones": np.ones(WIDTH, np.float32),
        "head": numbers(WIDTH, WIDTH),
    }
    norm = {"op_type": "LayerNormalization", "axis": -1}
    nodes = [
        helper.make_node("MatMul", ["x", "table"], ["e"], name="table"),
        helper.make_node(inputs=["e", "gamma", "beta"], outputs=["n"], name="norm", **norm),
        helper.make_node("MatMul", ["n", "gate"], ["g"], name="gate"),
        helper.make_node("MatMul", ["n", "up"], ["u0"], name="up"),
        helper.make_node("Add", ["u0", "bias"], ["u"]),
        helper.make_node("Relu", ["g"], ["a"]),
        helper.make_node("Mul", ["a", "u"], ["m"]),
        helper.make_node("MatMul", ["m", "down"], ["d"], name="down"),
        helper.make_node("Add", ["e", "d"], ["r"]),
        helper.make_node(inputs=["r", "ones"], outputs=["f"], name="last-norm", **norm),
        helper.make_node("MatMul", ["f", "head"], ["y"], name="head"),
    ]
    save_model(nodes, weights, WIDTH)


def run(name):
    """Output of the compiled model and its certificate; norms round differently in the
    interpreter, and codes flip."""
    return changed_model.run(name, RECIPES[name], "samples.npz", 2e-3)


def check_errors():
    """Every refusal names what it is about, and leaves no library."""
    samples = numbers(40, WIDTH)
    cases = {
        None: "'scale_inputs: awq' needs samples: give them with --calibrate",
        "few.npz": "node 'gate': 5 rows of inputs are too few to calibrate; at least 8 are needed",
        "nan.npz": "node 'gate': its inputs are not finite in the calibration data",
        "same.npz": "node 'gate': its inputs are the same in all of the calibration data",
        "other.npz": "has no array for the input 'x'",
    }
    broken = samples.copy()
    broken[7, 3] = np.nan
    np.savez(FOLDER / "few.npz", x=samples[:5])
    np.savez(FOLDER / "nan.npz", x=broken)
    np.savez(FOLDER / "same.npz", x=np.repeat(samples[:1], 40, axis=0))
    np.savez(FOLDER / "other.npz", z=samples)
    for file, text in cases.items():
        done = compile_model("wrong", RECIPES["w3-awq"], file)
        assert done.returncode in (1, 3) and text in done.stderr, f"expected '{text}', found {done.stderr}"
        left = [path.name for path in FOLDER.glob("wrong.*") if path.suffix != ".yaml"]
        assert not left, f"left behind: {left}"
    done = compile_model("float-scaled", "preset: float\n" + AWQ, "samples.npz")
    text = "the recipe asks for scale_inputs, but no inputs that it quantizes can be scaled"
    assert text in (FOLDER / "float-scaled.report.json").read_text(encoding="utf-8"), done.stderr


def main():
    model()
    np.savez(FOLDER / "samples.npz", x=numbers(200, WIDTH))
    np.savez(FOLDER / "x.npz", x=numbers(37, WIDTH))
    wanted = run("float")[0].astype(np.float64)
    for title, plain, scaled, bits, gain in (
        ("smoothquant", "w8a8", "w8a8-smooth", "eight", 0.7),
        ("awq", "w3", "w3-awq", "three", 0.8),
    ):
        without = error(run(plain)[0], wanted)
        found, certificate = run(scaled)
        assert any(text.startswith("gamma: inverse scale 0") for text in certificate["weights"]), certificate
        assert any(text.startswith("beta: inverse scale 0") for text in certificate["weights"]), certificate
        assert any(text.startswith("bias: inverse scale 0") for text in certificate["weights"]), certificate
        assert "down: scale 0" in certificate["weights"], certificate
        worst = max(output["relative_difference"] for output in certificate["outputs"])
        less = error(found, wanted)
        assert less < gain * without, f"{title}: error {without} without, {less} with scales"
        print(f"{title}: {worst:.1e} in fp64; {bits} bits: {without:.4f} without, {less:.4f} with")
    check_errors()


main()
