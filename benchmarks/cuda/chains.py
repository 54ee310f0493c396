"""The models that are measured: chains of one operation, twelve times or so in a row.

One operation lasts microseconds, a chain long enough to be timed. Weights of all layers of a
product are more than the largest cache holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DYNAMIC = "activations: {matmul: dynamic}\n"
ROTATED = "transforms: {rotate_inputs: true}\n"
HEAD, POSITIONS = 128, 1024  # of attention: columns of a head, and cached positions


@dataclass(frozen=True)
class Chain:
    """`op` is what each layer computes of a matrix [m, size]; every layer is quantized, which
    presets do not do with the last one."""

    op: str
    recipe: str

    @property
    def multiplies(self) -> bool:
        return self.op in ("MatMul", "signs")


CHAINS = {
    "w8a8": Chain("MatMul", "weights: {bits: 8, group_size: 0}\n" + DYNAMIC),
    "w4a8": Chain("MatMul", "weights: {bits: 4, group_size: 128}\n" + DYNAMIC),
    "w2a8": Chain("MatMul", "weights: {bits: 2, group_size: 128}\n" + DYNAMIC),
    "w8a16": Chain("MatMul", "weights: {bits: 8, group_size: 0}\n"),
    "w4a16": Chain("MatMul", "weights: {bits: 4, group_size: 128}\n"),
    "w2a16": Chain("MatMul", "weights: {bits: 2, group_size: 128}\n"),
    "w1a8": Chain("MatMul", "weights: {format: binary, symmetric: true, scale: f16}\n" + DYNAMIC),
    "rotated": Chain("MatMul", "weights: {bits: 4, group_size: 128}\n" + DYNAMIC + ROTATED),
    "w1a1": Chain("signs", "preset: float\n"),
    "float": Chain("MatMul", "preset: float\n"),
    "layernorm": Chain("LayerNormalization", "preset: float\n"),
    "softmax": Chain("Softmax", "preset: float\n"),
    "gelu": Chain("Gelu", "preset: float\n"),
    "attention": Chain("Attention", "preset: float\n"),
}


def write(chain: Chain, size: int, layers: int, path: Path) -> None:
    """An ONNX model of the chain. Each layer has weights of its own in memory; they are the columns
    of one random matrix in other orders, so that a folder of compiled models packs well."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    drawn = rng.standard_normal((size, size), dtype=np.float32) / np.float32(size**0.5) if chain.multiplies else None
    nodes, weights = [], [numpy_helper.from_array(np.float32(1), "one"), numpy_helper.from_array(np.int64([0]), "first")]
    past = rng.standard_normal((1, POSITIONS, size), dtype=np.float32) if chain.op == "Attention" else None

    def layer(i: int) -> None:
        x, y, w = f"x{i}", f"x{i + 1}", f"w{i}"
        if chain.multiplies:
            weights.append(numpy_helper.from_array(np.roll(drawn, 128 * i, axis=1), w))
        if chain.op == "signs":
            for name in (x, w):
                nodes.append(helper.make_node("BipolarQuant", [name, "one"], [name + "s"], domain="qonnx.custom_op.general"))
            nodes.append(helper.make_node("MatMul", [x + "s", w + "s"], [y], name=f"layer{i}"))
        elif chain.op == "MatMul":
            nodes.append(helper.make_node("MatMul", [x, w], [y], name=f"layer{i}"))
        elif chain.op == "Attention":
            # Keys and values of positions before, as caches hold them.
            for kind in ("k", "v"):
                cached = np.roll(past, 128 * i + (kind == "v"), axis=-1)
                weights.append(numpy_helper.from_array(cached, f"{kind}{i}"))
            heads = {"q_num_heads": size // HEAD, "kv_num_heads": size // HEAD}
            nodes.append(helper.make_node("Unsqueeze", [x, "first"], [x + "q"]))
            nodes.append(helper.make_node(chain.op, [x + "q", f"k{i}", f"v{i}"], [x + "y"], name=f"layer{i}", **heads))
            nodes.append(helper.make_node("Squeeze", [x + "y", "first"], [y]))
        elif chain.op == "LayerNormalization":
            weights.append(numpy_helper.from_array(rng.uniform(0.5, 1.5, size).astype(np.float32), w))
            nodes.append(helper.make_node(chain.op, [x, w], [y], name=f"layer{i}"))
        else:
            nodes.append(helper.make_node(chain.op, [x], [y], name=f"layer{i}"))

    for i in range(layers):
        layer(i)
    tensors = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["m", size]) for n in ("x0", f"x{layers}")]
    graph = helper.make_graph(nodes, "chain", tensors[:1], tensors[1:], weights)
    opsets = [helper.make_opsetid("", 23), helper.make_opsetid("qonnx.custom_op.general", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    onnx.save(model, path, save_as_external_data=True, location=path.name + ".data", size_threshold=1024)


def moved(stored: float, m: int, size: int) -> float:
    """Bytes that a layer cannot but move: its weights, its inputs and its results."""
    return stored + 2 * 4 * m * size
