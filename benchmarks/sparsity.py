#!/usr/bin/env python3
"""What inputs that are left out cost and save.

    PYTHONPATH=build/release/python python benchmarks/sparsity.py quality \\
        ../shared/models/stories260K.onnx --tokenizer ../shared/models/tok512.bin \\
        --text ../shared/data/text/tinystories_train_first2MiB.txt
    PYTHONPATH=build/release/python python benchmarks/sparsity.py speed [--size 4096] [--count 4]

`quality` prints the perplexity of stories (their first 192 tokens, 48 of them; 24 others give
the thresholds) with 4-bit weights in groups of 32 and every position treated alike
(`prefill: sparse`), which is more than decoding does. The head leaves out nothing.

`speed` times one row of normally distributed numbers, others each time, by 4-bit matrices on
one thread: the dense product and those that leave out inputs in turn, and the median of the
ratios of neighbours.
"""

from __future__ import annotations

import argparse
import struct
import tempfile
import time
from pathlib import Path

import numpy as np

import quantc

TOKENS, SCORED, SAMPLES = 192, 48, 24
SHARES = (0.25, 0.4, 0.5)


class Tokenizer:
    """Byte pair encoding by scores, from a file of llama2.c."""

    def __init__(self, path: Path) -> None:
        data, at = path.read_bytes(), 4
        self.pieces, self.scores = [], []
        while at < len(data):
            score, length = struct.unpack_from("<fi", data, at)
            self.pieces.append(data[at + 8 : at + 8 + length])
            self.scores.append(score)
            at += 8 + length
        self.ids = {piece: number for number, piece in reversed(list(enumerate(self.pieces)))}

    def encode(self, text: str) -> list[int]:
        ids: list[int] = []
        for character in " " + text:
            piece = character.encode()
            ids += [self.ids[piece]] if piece in self.ids else [byte + 3 for byte in piece]
        while True:
            pairs = [self.ids.get(self.pieces[a] + self.pieces[b]) for a, b in zip(ids, ids[1:])]
            known = [(self.scores[one], -i, one) for i, one in enumerate(pairs) if one is not None]
            if not known:
                return [1, *ids]
            _, place, merged = max(known)
            ids[-place : -place + 2] = [merged]


def compiled(model: Path, folder: Path, name: str, recipe: str, samples: Path, threads: int = 0):
    (folder / f"{name}.yaml").write_text(recipe, encoding="ascii")
    prefix = folder / name
    quantc.compile(
        str(model), str(prefix), recipe=str(folder / f"{name}.yaml"), quiet=True, calibrate=str(samples)
    )
    return quantc.load(prefix, num_threads=threads)


def perplexity(artifact, windows: np.ndarray) -> float:
    means = []
    for ids in windows:
        logits = next(iter(artifact.run({"input_ids": ids[None]}).values()))[0].astype(np.float64)
        logits -= logits.max(-1, keepdims=True)
        log_sum = np.log(np.exp(logits).sum(-1))
        means.append((log_sum[:-1] - logits[np.arange(len(ids) - 1), ids[1:]]).mean())
    return float(np.exp(np.mean(means)))


def quality(args: argparse.Namespace, folder: Path) -> None:
    tokenizer = Tokenizer(args.tokenizer)
    stories = args.text.read_text(encoding="utf-8", errors="replace").split("<|endoftext|>")
    windows = []
    for story in stories:
        ids = tokenizer.encode(story.strip()[: 6 * TOKENS])
        if len(ids) >= TOKENS:
            windows.append(ids[:TOKENS])
        if len(windows) == SCORED + SAMPLES:
            break
    windows = np.array(windows, np.int64)
    samples = folder / "samples.npz"
    np.savez(samples, input_ids=windows[SCORED:])
    weights = "weights: {bits: 4, symmetric: false, group_size: 32, scale: f16}\n"
    rows = {"float": "preset: float\n", "dense": weights}
    for share in SHARES:
        for allocation in ("uniform", "greedy"):
            sparsity = f"sparsity: {{target: {share}, allocation: {allocation}, prefill: sparse}}\n"
            rows[f"{allocation} {share}"] = weights + sparsity + "rules: [{last: true, sparsity: 0}]\n"
    for name, recipe in rows.items():
        found = perplexity(compiled(args.model, folder, name.replace(" ", "-"), recipe, samples), windows[:SCORED])
        print(f"{name:14} {found:8.4f}", flush=True)


def make_matrices(path: Path, size: int, count: int) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(1)
    weights = [
        numpy_helper.from_array(rng.standard_normal((size, size), dtype=np.float32) / size**0.5, f"w{i}")
        for i in range(count)
    ]
    nodes = [helper.make_node("MatMul", ["x", f"w{i}"], [f"y{i}"], f"product{i}") for i in range(count)]
    outputs = [helper.make_tensor_value_info(f"y{i}", TensorProto.FLOAT, ["n", size]) for i in range(count)]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", size])]
    graph = helper.make_graph(nodes, "matrices", inputs, outputs, weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)


def speed(args: argparse.Namespace, folder: Path) -> None:
    model, samples = folder / "matrices.onnx", folder / "samples.npz"
    make_matrices(model, args.size, args.count)
    rng = np.random.default_rng(2)
    np.savez(samples, x=rng.standard_normal((64, args.size), dtype=np.float32))
    weights = "weights: {bits: 4, symmetric: false, group_size: 64, scale: f16}\n"
    recipes = {"dense": weights, **{f"{share}": f"{weights}sparsity: {{target: {share}}}\n" for share in SHARES}}
    artifacts = {name: compiled(model, folder, name, recipe, samples, 1) for name, recipe in recipes.items()}
    times = {name: [] for name in artifacts}
    for _ in range(args.runs):
        x = rng.standard_normal((1, args.size), dtype=np.float32)
        for name, artifact in artifacts.items():
            start = time.perf_counter()
            artifact.run({"x": x})
            times[name].append(time.perf_counter() - start)
    dense = np.array(times["dense"])
    for name, own in times.items():
        print(f"{name:6} {1e3 * np.median(own):7.3f} ms, dense takes {np.median(dense / own):.2f} times as long")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    own = commands.add_parser("quality")
    own.add_argument("model", type=Path)
    own.add_argument("--tokenizer", type=Path, required=True)
    own.add_argument("--text", type=Path, required=True)
    own = commands.add_parser("speed")
    own.add_argument("--size", type=int, default=4096)
    own.add_argument("--count", type=int, default=4)
    own.add_argument("--runs", type=int, default=200)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (quality if args.command == "quality" else speed)(args, Path(folder))


if __name__ == "__main__":
    main()
