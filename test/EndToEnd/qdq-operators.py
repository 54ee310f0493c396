# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s

"""Arrangements of QuantizeLinear and DequantizeLinear, one small model each, against
onnxruntime without its optimizations: scales a tensor, a channel, a block; codes of 4
and 8 bits, signed and unsigned; computed scales; movements; inputs and outputs that
are codes. Numbers agree to 1e-5; codes agree but at ties, see check_codes().
"""

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import onnxruntime as ort

import quantc

RANDOM = np.random.default_rng(0)
INT4, UINT4 = onnx.TensorProto.INT4, onnx.TensorProto.UINT4

# x as codes with the scale and zero point of ACTIVATION.
CODES = "q = QuantizeLinear(x, sx, zx) d = DequantizeLinear(q, sx, zx)"
ACTIVATION = {"sx": np.array(0.02, np.float32), "zx": np.array(3, np.int8)}


def int8(*shape):
    return RANDOM.integers(-127, 128, shape).astype(np.int8)


def uint8(*shape):
    return RANDOM.integers(0, 256, shape).astype(np.uint8)


def int32(*shape):
    return RANDOM.integers(-9999, 9999, shape).astype(np.int32)


def scale(*shape):
    return RANDOM.uniform(0.005, 0.02, shape).astype(np.float32)


def float8(*shape):
    values = RANDOM.standard_normal(shape).flatten().tolist()
    return onnx.helper.make_tensor("", onnx.TensorProto.FLOAT8E4M3FN, shape, values)


def narrow(kind, *shape):
    """Random 4-bit codes; the name is given later."""
    low = -8 if kind == INT4 else 0
    return onnx.helper.make_tensor("", kind, shape, RANDOM.integers(low, low + 16, shape).flatten().tolist())


@dataclass
class Case:
    """A model as ONNX text, and how many of its products must keep its codes."""

    name: str
    body: str
    inputs: str
    output: str
    constants: dict = field(default_factory=dict)
    kept: int = 0
    given: dict = field(default_factory=dict)


def products():
    """Matrix products and convolutions."""
    yield Case(
        "channels",
        f"{CODES} w = DequantizeLinear<axis = 1>(wq, sw) y = MatMul(d, w)",
        "float[A, B, 40] x",
        "float[A, B, 37] y",
        ACTIVATION | {"wq": int8(40, 37), "sw": scale(37)},
        1,
    )
    yield Case(
        "uint8 weight with zero points",
        f"{CODES} w = DequantizeLinear<axis = 1>(wq, sw, zw) y = MatMul(d, w)",
        "float[3, 40] x",
        "float[3, 5] y",
        ACTIVATION | {"wq": uint8(40, 5), "sw": scale(5), "zw": uint8(5)},
        1,
    )
    shared = scale(37)
    yield Case(
        "bias",
        f"{CODES} w = DequantizeLinear<axis = 0>(wq, sw) b = DequantizeLinear<axis = 0>(bq, sb)"
        "y = Gemm<transB = 1>(d, w, b)",
        "float[3, 40] x",
        "float[3, 37] y",
        ACTIVATION | {"wq": int8(37, 40), "sw": shared, "bq": int32(37), "sb": shared * ACTIVATION["sx"]},
        1,
    )
    yield Case(
        "alpha and beta",
        f"{CODES} w = DequantizeLinear(wq, sx) b = DequantizeLinear(bq, sb)y = Gemm<alpha = 0.5, beta = 2.0>(d, w, b)",
        "float[3, 40] x",
        "float[3, 37] y",
        ACTIVATION | {"wq": int8(40, 37), "bq": int32(37), "sb": np.array(4e-4, np.float32)},
        1,
    )
    yield Case(
        "transposed weight",
        f"{CODES} w = DequantizeLinear(wq, sx) t = Transpose<perm = [1, 0]>(w) y = MatMul(d, t)",
        "float[3, 8] x",
        "float[3, 5] y",
        ACTIVATION | {"wq": int8(5, 8)},
        1,
    )
    yield Case(
        "weight of rank 3",
        f"{CODES} w = DequantizeLinear(wq, sx) y = MatMul(d, w)",
        "float[2, 3, 8] x",
        "float[2, 3, 5] y",
        ACTIVATION | {"wq": int8(2, 8, 5)},
    )
    yield Case(
        "two activations",
        f"{CODES} p = QuantizeLinear(k, sx, zx) e = DequantizeLinear(p, sx, zx) y = MatMul(d, e)",
        "float[2, 3, 8] x, float[2, 8, 5] k",
        "float[2, 3, 5] y",
        ACTIVATION,
    )
    yield Case(
        "flattened",
        f"{CODES} f = Reshape(d, to) w = DequantizeLinear(wq, sx) y = MatMul(f, w)",
        "float[3, 2, 4] x",
        "float[3, 5] y",
        ACTIVATION | {"to": np.array([3, 8]), "wq": int8(8, 5)},
        1,
    )


def unusual_products():
    """Operands that do not come straight from one pair of quantizers, or have another rank."""
    yield Case(
        "codes that are moved",
        "q = QuantizeLinear(x, sx, zu) t = Transpose<perm = [1, 0]>(q) d = DequantizeLinear(t, sx, zu)"
        "w = DequantizeLinear(wq, sx) y = MatMul(d, w)",
        "float[8, 3] x",
        "float[3, 5] y",
        {"sx": ACTIVATION["sx"], "zu": np.array(100, np.uint8), "wq": int8(8, 5)},
        1,
    )
    yield Case(
        "one weight, two products",
        f"{CODES} e = Relu(d) w = DequantizeLinear(wq, sx) a = MatMul(d, w) b = MatMul(e, w) y = Add(a, b)",
        "float[3, 8] x",
        "float[3, 5] y",
        ACTIVATION | {"wq": int8(8, 5)},
        2,
    )
    yield Case(
        "vector",
        f"{CODES} w = DequantizeLinear(wq, sx) y = MatMul(d, w)",
        "float[2, 3, 8] x",
        "float[2, 3] y",
        ACTIVATION | {"wq": int8(8)},
        1,
    )
    yield Case(
        "weight of 8-bit floats",
        "w = DequantizeLinear(wq, s) y = MatMul(x, w)",
        "float[3, 8] x",
        "float[3, 5] y",
        {"wq": float8(8, 5), "s": np.array(2, np.float32)},
    )
    yield Case(
        "relu of a constant",
        "w = DequantizeLinear<axis = 0>(wq, sw) r = Relu(w) y = MatMul(x, r)",
        "float[3, 8] x",
        "float[3, 5] y",
        {"wq": int8(8, 5), "sw": scale(8)},
    )


def blocks():
    """Weights of 4 bits."""
    for title, kind, size, columns, kept in (
        ("", INT4, 32, 96, 1),
        ("with a short one", INT4, 32, 80, 1),
        ("of an odd size", INT4, 5, 96, 0),
        ("unsigned", UINT4, 16, 96, 1),
    ):
        groups = -(-columns // size)
        zeros = {"zw": narrow(kind, groups, 41)} if kind == UINT4 else {}
        yield Case(
            f"blocks {title}",
            f"w = DequantizeLinear<axis = 0, block_size = {size}>(wq, sw{', zw' if zeros else ''})y = MatMul(x, w)",
            f"float[3, {columns}] x",
            "float[3, 41] y",
            {"wq": narrow(kind, columns, 41), "sw": scale(groups, 41)} | zeros,
            kept,
        )
    yield Case(
        "blocks with int8 activations",
        f"{CODES} w = DequantizeLinear<axis = 0, block_size = 16>(wq, sw, zw)y = MatMul(d, w)",
        "float[3, 96] x",
        "float[3, 40] y",
        ACTIVATION | {"wq": narrow(UINT4, 96, 40), "sw": scale(6, 40), "zw": narrow(UINT4, 6, 40)},
        1,
    )
    yield Case(
        "MatMulNBits",
        "y = com.microsoft.MatMulNBits<K = 64, N = 5, block_size = 32, bits = 4>(x, wq, sw)",
        "float[3, 64] x",
        "float[3, 5] y",
        {"wq": uint8(5, 2, 16), "sw": scale(10)},
        1,
    )
    yield Case(
        "transposed blocks",
        "w = DequantizeLinear<axis = 1, block_size = 32>(wq, sw)t = Transpose<perm = [1, 0]>(w) y = MatMul(x, t)",
        "float[3, 96] x",
        "float[3, 40] y",
        {"wq": narrow(INT4, 40, 96), "sw": scale(40, 3)},
        1,
    )


def convolutions():
    images = "float[1, 6, 8, 8] x"

    def case(title, shape, kept, *, kind="w = DequantizeLinear<axis = 0>(wq, sw)", weight=None, group=1, **more):
        constants = {"wq": int8(*shape) if weight is None else weight, "sw": scale(shape[0])} | more
        return Case(
            title,
            f"{CODES} {kind} y = Conv<kernel_shape = [3, 3], pads = [1, 1, 1, 1], group = {group}>(d, w)",
            images,
            f"float[1, {shape[0]}, 8, 8] y",
            ACTIVATION | constants,
            kept,
        )

    yield case("convolution", (5, 6, 3, 3), 1)
    yield case("4-bit filter", (5, 6, 3, 3), 1, weight=narrow(INT4, 5, 6, 3, 3))
    yield case(
        "filter with zero points",
        (5, 6, 3, 3),
        1,
        weight=uint8(5, 6, 3, 3),
        zw=uint8(5),
        kind="w = DequantizeLinear<axis = 0>(wq, sw, zw)",
    )
    yield case("depthwise", (6, 1, 3, 3), 1, group=6)
    yield case("scales along the inputs", (5, 6, 3, 3), 0, kind="w = DequantizeLinear<axis = 1>(wq, sv)", sv=scale(6))
    yield Case(
        "activation of numbers",
        "w = DequantizeLinear<axis = 0>(wq, sw) y = Conv<kernel_shape = [3, 3]>(x, w)",
        images,
        "float[1, 5, 6, 6] y",
        {"wq": int8(5, 6, 3, 3), "sw": scale(5)},
        1,
    )
    yield Case(
        "signal",
        f"{CODES} w = DequantizeLinear<axis = 0>(wq, sw) y = Conv<kernel_shape = [3], pads = [1, 1]>(d, w)",
        "float[1, 6, 16] x",
        "float[1, 5, 16] y",
        ACTIVATION | {"wq": int8(5, 6, 3), "sw": scale(5)},
        1,
    )


def quantizers():
    """Quantizers alone and around other operators."""
    ends = ("float[3, 8, 4] x", "float[3, 8, 4] y")
    both = "q = QuantizeLinear{0}(x, sx{1}) y = DequantizeLinear{0}(q, sx{1})"
    yield Case("one scale", both.format("", ", zx"), *ends, ACTIVATION)
    yield Case("no zero point", both.format("", ""), *ends, {"sx": ACTIVATION["sx"]})
    yield Case(
        "one element",
        both.format("", ", zx"),
        *ends,
        {"sx": np.array([0.03], np.float32), "zx": np.array([200], np.uint8)},
    )
    yield Case("scale a channel", both.format("<axis = 1>", ", zx"), *ends, {"sx": scale(8), "zx": uint8(8)})
    yield Case(
        "scale a block",
        both.format("<axis = 1, block_size = 4>", ", zx"),
        *ends,
        {"sx": scale(3, 2, 4), "zx": int8(3, 2, 4)},
    )
    yield Case(
        "4 bits",
        both.format("", ", zx"),
        *ends,
        {"sx": np.array(0.3, np.float32), "zx": onnx.helper.make_tensor("", INT4, [], [2])},
    )
    yield Case(
        "4 bits a channel", both.format("<axis = 1>", ", zx"), *ends, {"sx": scale(8) * 20, "zx": narrow(UINT4, 8)}
    )
    yield Case(
        "scale from the caller",
        both.format("", ", zx"),
        "float[3, 8, 4] x, float sx",
        "float[3, 8, 4] y",
        {"zx": ACTIVATION["zx"]},
        0,
        {"sx": np.array(0.03, np.float32)},
    )
    yield Case(
        "computed scale",
        "m = ReduceMax<keepdims = 0>(x) sx = Div(m, c) q = QuantizeLinear(x, sx)"
        "d = DequantizeLinear(q, sx) w = DequantizeLinear(wq, sw) y = MatMul(d, w)",
        "float[3, 8] x",
        "float[3, 5] y",
        {"c": np.array(255, np.float32), "wq": int8(8, 5), "sw": ACTIVATION["sx"]},
        1,
    )
    special = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 0.01, 0.03, -0.0], np.float32)
    yield Case("special numbers", both.format("", ", zx"), "float[8] x", "float[8] y", ACTIVATION, 0, {"x": special})


def between_quantizers():
    """Other operators on numbers that were codes and become codes."""
    again = "r = QuantizeLinear(a, sx, zx) y = DequantizeLinear(r, sx, zx)"
    image = "float[1, 6, 8, 8] x"
    for title, middle, output in (
        ("maximum", "a = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(d)", "float[1, 6, 4, 4] y"),
        ("transpose", "a = Transpose<perm = [0, 2, 3, 1]>(d)", "float[1, 8, 8, 6] y"),
        ("relu of a sum", "e = Add(d, d) a = Relu(e)", "float[1, 6, 8, 8] y"),
        ("concatenation", "e = Relu(d) a = Concat<axis = 1>(d, e)", "float[1, 12, 8, 8] y"),
    ):
        yield Case(title, f"{CODES} {middle} {again}", image, output, ACTIVATION)
    # Means of codes lie in the middle of two codes often, unless the scale is another.
    yield Case(
        "mean",
        f"{CODES} a = GlobalAveragePool(d) r = QuantizeLinear(a, sy, zx) y = DequantizeLinear(r, sy, zx)",
        image,
        "float[1, 6, 1, 1] y",
        ACTIVATION | {"sy": np.array(0.00137, np.float32)},
    )
    yield Case(
        "padding",
        f"{CODES} a = Pad(d, pads) {again}",
        image,
        "float[1, 6, 10, 10] y",
        ACTIVATION | {"pads": np.array([0, 0, 1, 1, 0, 0, 1, 1])},
    )
    yield Case(
        "rows of a table",
        "t = DequantizeLinear<axis = 0>(tq, st) y = Gather(t, i)",
        "int64[4] i",
        "float[4, 8] y",
        {"tq": int8(10, 8), "st": scale(10)},
    )
    for kind in ("uint8", "int8"):
        yield Case(
            f"{kind} in and out",
            "d = DequantizeLinear(x, sx, zx) w = DequantizeLinear(wq, sx) p = MatMul(d, w)"
            "y = QuantizeLinear(p, sy, zx)",
            f"{kind}[30, 8] x",
            f"{kind}[30, 5] y",
            {"sx": ACTIVATION["sx"], "zx": np.array(100, kind), "wq": int8(8, 5), "sy": np.array(0.1, np.float32)},
            1,
        )


def build(case, path, outputs=None):
    outputs = outputs or case.output
    text = f'<ir_version: 10, opset_import: ["" : 21, "com.microsoft" : 1]> g ({case.inputs}) => ({outputs}) {{ {case.body} }}'
    model = onnx.parser.parse_model(text)
    for name, value in case.constants.items():
        tensor = value if isinstance(value, onnx.TensorProto) else onnx.numpy_helper.from_array(value)
        tensor.name = name
        model.graph.initializer.append(tensor)
    onnx.save(model, path)


def draw(info):
    shape = [3 if isinstance(size, str) else size for size in info.shape]
    ranges = {"tensor(int64)": (0, 10), "tensor(uint8)": (0, 256), "tensor(int8)": (-128, 128)}
    if info.type in ranges:
        return RANDOM.integers(*ranges[info.type], shape).astype(info.type[7:-1])
    return RANDOM.standard_normal(shape).astype(np.float32)


def session(path):
    """The model in onnxruntime, which does what it says and no more."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def check_codes(case, wanted, found, numbers):
    """Codes are equal, but one off where a number lies in the middle of two: sums in
    another order differ by 1e-6 of their size."""
    steps = numbers / case.constants["sy"]
    is_tie = np.abs(steps - np.floor(steps) - 0.5) < 1e-4
    off = np.abs(wanted.astype(int) - found.astype(int))
    assert found.dtype == wanted.dtype, f"{case.name}: {found.dtype}"
    assert off.max() <= 1 and not off[~is_tie].any(), f"{case.name}: codes differ by {off.max()}"
    return off.mean()


def run(case, folder, **options):
    """Compiles, runs, compares with onnxruntime; the report's layers."""
    path = folder / "model.onnx"
    makes_codes = "int8" in case.output
    if makes_codes:
        build(case, path, f"{case.output}, float p")
    else:
        build(case, path)
    reference = session(path)
    inputs = {info.name: draw(info) for info in reference.get_inputs()} | case.given
    wanted, *numbers = reference.run(None, inputs)
    build(case, path)
    quantc.compile(path, folder / "model", quiet=True, **options)
    found = quantc.load(folder / "model").run(inputs)["y"]
    if makes_codes:
        error = check_codes(case, wanted, found, *numbers)
    else:
        error = np.abs(wanted - found).max() / np.abs(wanted).max()
    layers = json.loads((folder / "model.report.json").read_text())["layers"]
    kept = sum(layer.get("method") == "from model" for layer in layers)
    print(f"{case.name}: error {error:.2g}, {kept} of {len(layers)} products with the model's codes")
    assert wanted.shape == found.shape, f"{case.name}: {found.shape}"
    assert error < 1e-5 or makes_codes, f"{case.name}: error {error}"
    return layers


def check_layers(case, layers):
    """As many layers as expected keep their codes; the others say why not."""
    kept = [layer for layer in layers if layer.get("method") == "from model"]
    assert len(kept) >= case.kept, f"{case.name}: {layers}"
    for layer in layers:
        says_why = layer.get("reason", "").startswith("codes from model, computed as numbers: ")
        assert layer in kept or says_why or "relu" in case.name, f"{case.name}: {layer}"


def refused(case, folder, text, **options):
    """The model, or the recipe, is refused with that text, not by a fault."""
    build(case, folder / "model.onnx")
    try:
        quantc.compile(folder / "model.onnx", folder / "model", quiet=True, **options)
    except quantc.CompileError as error:
        print(f"{case.name}: exit {error.exit_code}: {error}")
        assert error.exit_code in (1, 2) and text in str(error), error
    else:
        raise AssertionError(f"{case.name}: was accepted")


def check_rules(folder):
    """A rule can skip a layer that came quantized, but not choose its codes."""
    case = next(products())
    recipe = folder / "recipe.yaml"
    recipe.write_text("rules: [{op: MatMul, skip: true}]")
    layers = run(case, folder, recipe=recipe)
    assert "rule 1 skips it" in layers[0]["reason"], layers
    layers = run(case, folder, recipe="w4a16")
    assert layers[0]["method"] == "from model", layers
    recipe.write_text("rules: [{op: MatMul, weights: {bits: 4}}]")
    refused(case, folder, "'MatMul_3': came quantized with the model, but rule 1", recipe=recipe)


def check_refused(folder):
    quantize = "s = ReduceMax<keepdims = 0>(x) w = DequantizeLinear(wq, s)"
    filters = {"wq": int8(5, 6, 3, 3)}
    computed = Case(
        "computed filter", f"{quantize} y = Conv(x, w)", "float[1, 6, 8, 8] x", "float[1, 5, 6, 6] y", filters
    )
    refused(computed, folder, "'Conv_2': has a filter that is computed")
    body = "q = QuantizeLinear<axis = 1, block_size = 3>(x, sx) y = DequantizeLinear<axis = 1, block_size = 3>(q, sx)"
    short = Case("short block", body, "float[3, 8] x", "float[3, 8] y", {"sx": scale(3, 3)})
    refused(short, folder, "'QuantizeLinear_0': has blocks of 3")


def main():
    groups = (products, unusual_products, blocks, convolutions, quantizers, between_quantizers)
    cases = [case for group in groups for case in group()]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for case in cases:
            check_layers(case, run(case, folder))
        check_rules(folder)
        check_refused(folder)


main()
