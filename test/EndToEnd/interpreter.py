# REQUIRES: shared
# RUN: %python %s %quantc %shared

"""The interpreter agrees with onnxruntime on whole float models, and compiled
quantized models agree with the interpreter: bit for bit where every step is an
integer or has a fixed order, closely where there are norms and softmax."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper, save

QUANTC, MODELS = sys.argv[1], Path(sys.argv[2]) / "models"
RANDOM = np.random.default_rng(5)

# What each model is given: sizes of its only input, or how many tokens.
FLOAT = {"mnist": (1, 1, 28, 28), "mlperf_ic_resnet8": (1, 32, 32, 3), "mlperf_kws_dscnn": (1, 49, 10, 1)}
FLOAT |= {"resnet20_cifar10": (2, 3, 32, 32), "stories260K": (1, 48)}


def make_input(sizes):
    if len(sizes) == 2:
        return RANDOM.integers(1, 500, sizes)
    return RANDOM.standard_normal(sizes).astype(np.float32)


def quantc(*words):
    subprocess.run([QUANTC, *map(str, words)], check=True)


def interpret(folder, model, data, *words):
    quantc("interpret", model, "--inputs", data, "--outputs", folder / "wanted.npz", "--quiet", *words)
    return np.load(folder / "wanted.npz")


def error(wanted, found):
    assert wanted.shape == found.shape
    return float(np.abs(wanted - found).max() / np.abs(wanted).max())


def check_float(folder, name, sizes):
    session = ort.InferenceSession(MODELS / f"{name}.onnx")
    inputs = {session.get_inputs()[0].name: make_input(sizes)}
    np.savez(folder / "in.npz", **inputs)
    found = interpret(folder, MODELS / f"{name}.onnx", folder / "in.npz")
    (output,) = (value.name for value in session.get_outputs())
    off = error(session.run(None, inputs)[0], found[output])
    print(f"{name}: {off:.2g} from onnxruntime")
    assert off < 5e-6, f"{name} is {off} from onnxruntime"


def make_quantized(path):
    """Matrix products of a model that came quantized: one scale for all activations."""
    nodes, constants, inputs, outputs = [], [], [], []

    def constant(name, value):
        constants.append(numpy_helper.from_array(value, name))
        return name

    def node(op, operands, result, **attributes):
        nodes.append(helper.make_node(op, operands, [result], name=result, **attributes))
        return result

    for i, (k, n, zero) in enumerate([(1, 1, 0), (63, 17, 3), (64, 16, -7), (129, 33, 100), (515, 131, -128)]):
        of_input = [constant(f"sx{i}", np.float32(0.02)), constant(f"zx{i}", np.int8(zero))]
        scales = (RANDOM.random(n) + 0.1).astype(np.float32)
        of_weight = [constant(f"sw{i}", scales), constant(f"zw{i}", np.zeros(n, np.int8))]
        weight = constant(f"w{i}", RANDOM.integers(-128, 128, (k, n)).astype(np.int8))
        codes = node("QuantizeLinear", [f"x{i}", *of_input], f"q{i}")
        operands = [node("DequantizeLinear", [codes, *of_input], f"d{i}"), f"e{i}"]
        node("DequantizeLinear", [weight, *of_weight], f"e{i}", axis=1)
        node("MatMul", operands, f"y{i}")
        inputs.append(helper.make_tensor_value_info(f"x{i}", TensorProto.FLOAT, ["M", k]))
        outputs.append(helper.make_tensor_value_info(f"y{i}", TensorProto.FLOAT, ["M", n]))
    graph = helper.make_graph(nodes, "quantized", inputs, outputs, constants)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return {value.name: value.type.tensor_type.shape.dim[1].dim_value for value in inputs}


def check_quantized(folder):
    model, prefix = folder / "quantized.onnx", folder / "quantized"
    widths = make_quantized(model)
    quantc("compile", model, "-o", prefix, "--quiet")
    for rows in (1, 2, 5, 37):
        arrays = {name: RANDOM.standard_normal((rows, k)).astype(np.float32) for name, k in widths.items()}
        np.savez(folder / "in.npz", **arrays)
        quantc("run", prefix, "--inputs", folder / "in.npz", "--outputs", folder / "found.npz")
        wanted, found = interpret(folder, model, folder / "in.npz", "--to", "fuse"), np.load(folder / "found.npz")
        for name in wanted.files:
            assert wanted[name].tobytes() == found[name].tobytes(), f"{rows} rows: {name} has other bits"
    print("products of a model that came quantized: the same bits")


def outputs_of(folder, name, recipe, inputs):
    """First output of the interpreter and of the compiled model."""
    model, prefix = MODELS / f"{name}.onnx", folder / f"{name}-{recipe}"
    np.savez(folder / "in.npz", **inputs)
    same = ["-r", recipe, "--calibrate", folder / "in.npz"]
    if not prefix.with_name(f"{prefix.name}.so").exists():
        quantc("compile", model, "-o", prefix, "--quiet", *same)
    quantc("run", prefix, "--inputs", folder / "in.npz", "--outputs", folder / "found.npz")
    wanted = interpret(folder, model, folder / "in.npz", "--to", "fuse", *same)
    return wanted[wanted.files[0]], np.load(folder / "found.npz")[wanted.files[0]]


def check_images(folder, recipe):
    name = "resnet20_cifar10"
    wanted, found = outputs_of(folder, name, recipe, {"input": make_input((3, 3, 32, 32))})
    print(f"{name} {recipe}: {'the same bits' if wanted.tobytes() == found.tobytes() else 'other bits'}")
    assert wanted.tobytes() == found.tobytes(), f"{name} {recipe} is {error(wanted, found)} from the interpreter"


def decibels(wanted, found):
    return 10 * np.log10(np.square(wanted).sum() / np.square(wanted - found).sum())


def check_text(folder, recipe):
    """Norms and softmax differ in the last bits, so that now and then a number falls
    to the other side of a step of its quantizer. That stays below the noise of
    quantization itself, and is rare."""
    name = "stories260K"
    session = ort.InferenceSession(MODELS / f"{name}.onnx")
    close = 0
    for _ in range(4):
        inputs = {"input_ids": make_input((1, 48))}
        wanted, found = outputs_of(folder, name, recipe, inputs)
        off, noise = error(wanted, found), decibels(session.run(None, inputs)[0], wanted)
        print(f"{name} {recipe}: {off:.2g} from the interpreter, {noise:.1f} dB from the float model")
        close += off < 2e-6
        assert decibels(wanted, found) > noise + 3, f"{name} {recipe}: {decibels(wanted, found)} dB, noise {noise} dB"
    assert close >= 2, f"{name} {recipe}: only {close} of 4 texts agree"


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for model, sizes in FLOAT.items():
            check_float(folder, model, sizes)
        check_quantized(folder)
        for recipe in ("w8a8", "w8a16"):
            check_images(folder, recipe)
        for recipe in ("w8a8", "w4a8", "w4a16"):
            check_text(folder, recipe)


main()
