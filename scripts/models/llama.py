"""A Llama decoder with a key/value cache as ONNX, in two spellings.

Opset 21 uses basic operators only, as exporters decompose them; opset 24 uses
RMSNormalization, RotaryEmbedding and Attention. T new tokens follow P cached
ones, batch 1, and both lengths are free.

    input_ids [1, T], past_key_values.N.{key,value} [1, kv_heads, P, head_dim]
    -> logits [1, T, vocab], present.N.{key,value} [1, kv_heads, P + T, head_dim]

Weights: model.embed_tokens.weight [vocab, hidden], projections [in, out], norms
[hidden], model.rotary.{cos,sin} [context, head_dim / 2].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from graph import Graph
from onnx import ModelProto, TensorProto, ValueInfoProto, helper

IR_VERSION = {21: 10, 24: 12}  # the oldest that knows the opset
FIRST_FUSED = 23  # first opset with the fused operators


@dataclass(frozen=True)
class Config:
    layers: int
    hidden: int
    ffn: int
    heads: int
    kv_heads: int
    vocab: int
    context: int
    rope_base: float
    norm_eps: float

    @property
    def head_dim(self) -> int:
        return self.hidden // self.heads


class Decoder:
    """Writes the graph of one decoder."""

    def __init__(self, config: Config, opset: int, load: Callable[[str], TensorProto]) -> None:
        self.c, self.opset = config, opset
        self.basic = opset < FIRST_FUSED
        self.g = Graph(load)
        self.position_ids = self.mask = self.cos = self.sin = ""

    def build(self) -> ModelProto:
        g = self.g
        with g.scope("model"):
            self._positions()
            ids = [g.weight("model.embed_tokens.weight"), "input_ids"]
            x = g.op("Gather", ids, "embed_tokens/Gather")
            for layer in range(self.c.layers):
                with g.scope(f"layers.{layer}"):
                    x = self._layer(layer, x)
            x = self._norm("norm", "model.norm", x)
        matrix = g.op("Transpose", [g.weight("model.embed_tokens.weight")], "lm_head/Transpose", perm=[1, 0])
        g.op("MatMul", [x, matrix], "lm_head/MatMul", result="logits")
        return self._model()

    def _positions(self) -> None:
        """Positions P .. P+T-1; for basic operators also mask and rotary rows."""
        g = self.g
        one, axis0 = g.ints("one", 1), g.ints("axis_0", [0])
        new = g.op("Shape", ["input_ids"], "new_length", start=1, end=2)
        past = g.op("Shape", ["past_key_values.0.key"], "past_length", start=2, end=3)
        total = g.op("Add", [past, new], "total_length")
        first = g.op("Squeeze", [past, axis0], "first_position")
        end = g.op("Squeeze", [total, axis0], "end_position")
        positions = g.op("Range", [first, end, one], "positions")
        self.position_ids = g.op("Unsqueeze", [positions, axis0], "position_ids")
        if not self.basic:
            return
        axes = g.ints("axes_0_1", [0, 1])
        self.cos, self.sin = (
            g.op(
                "Unsqueeze",
                [
                    g.op("Gather", [g.weight(f"model.rotary.{t}"), positions], f"rotary/{t}", axis=0),
                    axes,
                ],
                f"rotary/{t}_rows",
            )
            for t in ("cos", "sin")
        )
        self.mask = self._causal_mask(positions, end)

    def _causal_mask(self, positions: str, end: str) -> str:
        """[T, P + T]: 0 where key j <= P + i of query i, the lowest float elsewhere."""
        g = self.g
        keys = g.op("Range", [g.ints("zero", 0), end, g.ints("one", 1)], "key_positions")
        column = g.op("Unsqueeze", [positions, g.ints("axis_1", [1])], "query_column")
        visible = g.op("LessOrEqual", [keys, column], "causal_mask")
        shown = g.const("mask_zero", 0, np.float32)
        hidden = g.const("mask_value", np.finfo(np.float32).min, np.float32)
        return g.op("Where", [visible, shown, hidden], "additive_mask")

    def _layer(self, layer: int, x: str) -> str:
        g, weight = self.g, f"model.layers.{layer}"
        normed = self._norm("input_layernorm", f"{weight}.input_layernorm", x)
        qkv = [self._linear(f"self_attn/{p}_proj", f"{weight}.self_attn.{p}_proj", normed) for p in "qkv"]
        attention = self._attention_basic if self.basic else self._attention_fused
        with g.scope("self_attn"):
            context = attention(layer, qkv)
        out = self._linear("self_attn/o_proj", f"{weight}.self_attn.o_proj", context)
        x = g.op("Add", [x, out])
        normed = self._norm("post_attention_layernorm", f"{weight}.post_attention_layernorm", x)
        with g.scope("mlp"):
            y = self._mlp(f"{weight}.mlp", normed)
        return g.op("Add", [x, y], "Add_1")

    def _linear(self, name: str, weight: str, x: str) -> str:
        return self.g.op("MatMul", [x, self.g.weight(f"{weight}.weight")], f"{name}/MatMul")

    def _norm(self, name: str, weight: str, x: str) -> str:
        """x / sqrt(mean(x^2) + eps) * weight, over the last axis."""
        g, eps = self.g, self.c.norm_eps
        with g.scope(name):
            scale = g.weight(f"{weight}.weight")
            if not self.basic:
                return g.op("RMSNormalization", [x, scale], axis=-1, epsilon=eps)
            square = g.op("Pow", [x, g.const("two", 2, np.float32)])
            mean = g.op("ReduceMean", [square, g.ints("axis_last", [-1])], keepdims=1)
            root = g.op("Sqrt", [g.op("Add", [mean, g.const("norm_eps", eps, np.float32)])])
            normed = g.op("Mul", [x, g.op("Reciprocal", [root])])
            return g.op("Mul", [normed, scale], "Mul_1")

    def _mlp(self, weight: str, x: str) -> str:
        """down(silu(gate x) * up x), silu(z) = z sigmoid(z)."""
        g = self.g
        gate = self._linear("gate_proj", f"{weight}.gate_proj", x)
        up = self._linear("up_proj", f"{weight}.up_proj", x)
        sigmoid = g.op("Sigmoid", [gate], "act_fn/Sigmoid")
        silu = g.op("Mul", [gate, sigmoid], "act_fn/Mul")
        return self._linear("down_proj", f"{weight}.down_proj", g.op("Mul", [silu, up]))

    def _attention_fused(self, layer: int, qkv: list[str]) -> str:
        """On [1, T, heads * head_dim] values; the mask counts from the cache's end."""
        g, heads, kv_heads = self.g, self.c.heads, self.c.kv_heads
        tables = [g.weight("model.rotary.cos"), g.weight("model.rotary.sin"), self.position_ids]
        q, k = (
            g.op("RotaryEmbedding", [x, *tables], f"{name}_rotary/RotaryEmbedding", num_heads=count)
            for name, x, count in (("q", qkv[0], heads), ("k", qkv[1], kv_heads))
        )
        past, present = ([f"{kind}.{layer}.{x}" for x in ("key", "value")] for kind in CACHES)
        outputs = [f"{g.path}/Attention_output_0", *present]
        sizes = {"q_num_heads": heads, "kv_num_heads": kv_heads}
        return g.ops(
            "Attention", [q, k, qkv[2], "", *past], outputs, is_causal=1, scale=self.c.head_dim**-0.5, **sizes
        )[0]

    def _attention_basic(self, layer: int, qkv: list[str]) -> str:
        """softmax(q k^T / sqrt(head_dim) + mask) v; extends the cache."""
        g, c = self.g, self.c
        counts = (c.heads, c.kv_heads, c.kv_heads)
        split = [self._split(f"{n}_heads", x, h) for n, x, h in zip("qkv", qkv, counts, strict=True)]
        q, k = (self._rotate(f"{n}_rotary", x) for n, x in zip("qk", split, strict=False))
        past, present = ([f"{kind}.{layer}.{x}" for x in ("key", "value")] for kind in CACHES)
        cache = [
            g.op("Concat", [old, new], f"{name}_cache", result=whole, axis=2)
            for name, old, new, whole in zip(("key", "value"), past, (k, split[2]), present, strict=True)
        ]
        keys, values = (self._repeat(f"{n}_repeat", x) for n, x in zip(("key", "value"), cache, strict=True))
        keys_t = g.op("Transpose", [keys], "key_transpose", perm=[0, 1, 3, 2])
        scores = g.op("MatMul", [q, keys_t], "scores/MatMul")
        scale = g.const("score_scale", c.head_dim**-0.5, np.float32)
        scaled = g.op("Mul", [scores, scale], "scores/Mul")
        masked = g.op("Add", [scaled, self.mask], "scores/Add")
        mixed = g.op("MatMul", [g.op("Softmax", [masked], axis=-1), values], "context/MatMul")
        with g.scope("context"):
            merged = g.op("Transpose", [mixed], perm=[0, 2, 1, 3])
            return g.op("Reshape", [merged, g.ints("merged", [1, -1, c.hidden])])

    def _split(self, name: str, x: str, heads: int) -> str:
        """[1, T, heads * d] -> [1, heads, T, d]."""
        g = self.g
        with g.scope(name):
            split = g.op("Reshape", [x, g.ints(f"split_{heads}_heads", [1, -1, heads, self.c.head_dim])])
            return g.op("Transpose", [split], perm=[0, 2, 1, 3])

    def _rotate(self, name: str, x: str) -> str:
        """The halves (a, b) of a head become (a cos - b sin, b cos + a sin)."""
        g = self.g
        with g.scope(name):
            a, b = g.ops("Split", [x], [f"{g.path}/low", f"{g.path}/high"], axis=-1, num_outputs=2)
            halves = []
            for part, main, other, combine in (("low", a, b, "Sub"), ("high", b, a, "Add")):
                straight = g.op("Mul", [main, self.cos], f"{part}_cos")
                crossed = g.op("Mul", [other, self.sin], f"{part}_sin")
                halves.append(g.op(combine, [straight, crossed], f"{part}_{combine}"))
            return g.op("Concat", halves, axis=-1)

    def _repeat(self, name: str, x: str) -> str:
        """[1, kv_heads, S, d] -> [1, heads, S, d]: a key/value head serves its group."""
        g, c = self.g, self.c
        with g.scope(name):
            wide = g.op("Unsqueeze", [x, g.ints("axis_2", [2])])
            copies = g.op("Expand", [wide, g.ints("repeat", [1, 1, c.heads // c.kv_heads, 1, 1])])
            return g.op("Reshape", [copies, g.ints("repeated", [1, c.heads, -1, c.head_dim])])

    def _caches(self, kind: str, length: str) -> Iterator[ValueInfoProto]:
        shape = [1, self.c.kv_heads, length, self.c.head_dim]
        for layer in range(self.c.layers):
            for name in ("key", "value"):
                yield helper.make_tensor_value_info(f"{kind}.{layer}.{name}", TensorProto.FLOAT, shape)

    def _model(self) -> ModelProto:
        info, tokens = helper.make_tensor_value_info, "sequence_length"
        ids = info("input_ids", TensorProto.INT64, [1, tokens])
        logits = info("logits", TensorProto.FLOAT, [1, tokens, self.c.vocab])
        return self.g.model(
            "smollm2_135m_instruct",
            [ids, *self._caches(CACHES[0], "past_sequence_length")],
            [logits, *self._caches(CACHES[1], "total_sequence_length")],
            self.opset,
            IR_VERSION[self.opset],
            "make_smollm2",
        )


CACHES = ("past_key_values", "present")
