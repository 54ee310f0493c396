#!/usr/bin/env python3
"""Times compiled models beside onnxruntime, in one process and in turns.

    PYTHONPATH=build/release/python python benchmarks/side_by_side.py \\
        --models models-built --small ../shared/models [--threads 2] [--json]

Each row is one model and one input size. The two contenders take turns, with a
pause before each timing because the workers of a runtime spin for a while after
its run; the figure is the median of the turns, the ratio is that of onnxruntime
to quantc (above 1: quantc is faster). Decode runs one token after 128 cached ones:
quantc with its caches as state, onnxruntime with past inputs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort

import quantc

PAUSE = 0.1  # seconds


def median_times(contenders: list[Callable[[], object]], turns: int) -> list[float]:
    """Median milliseconds of each contender."""
    times: list[list[float]] = [[] for _ in contenders]
    for contender in contenders:
        contender()
    for _ in range(turns):
        for contender, taken in zip(contenders, times, strict=True):
            time.sleep(PAUSE)
            contender()
            start = time.perf_counter()
            contender()
            taken.append((time.perf_counter() - start) * 1e3)
    return [statistics.median(taken) for taken in times]


def open_session(model: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    return ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def compile_model(model: Path, folder: Path, recipe: str, threads: int) -> quantc.Model:
    prefix = folder / f"{model.stem}-{recipe}"
    quantc.compile(str(model), str(prefix), recipe=recipe, quiet=True)
    return quantc.load(prefix, num_threads=threads)


def image_rows(model: Path, folder: Path, threads: int):
    session = open_session(model, threads)
    artifact = compile_model(model, folder, "float", threads)
    name = session.get_inputs()[0].name
    for batch in (1, 16):
        x = np.random.default_rng(0).standard_normal((batch, 3, 32, 32)).astype(np.float32)
        yield (
            f"{model.stem} float, batch {batch}",
            [lambda: session.run(None, {name: x}), lambda: artifact.run({name: x})],
            15,
        )


def caches(length: int) -> dict[str, np.ndarray]:
    shape = (1, 3, length, 64)
    names = [f"past_key_values.{n}.{kind}" for n in range(30) for kind in ("key", "value")]
    return {name: np.zeros(shape, np.float32) for name in names}


def decode_step(artifact: quantc.Model, past: int) -> Callable[[], object]:
    state = artifact.state(past + 1)
    state.run({"input_ids": np.zeros((1, past), np.int64)})

    def step() -> object:
        state.truncate(past)
        return state.run({"input_ids": np.zeros((1, 1), np.int64)})

    return step


def decoder_rows(model: Path, folder: Path, threads: int):
    session = open_session(model, threads)
    prompt = {"input_ids": np.zeros((1, 512), np.int64), **caches(0)}
    token = {"input_ids": np.zeros((1, 1), np.int64), **caches(128)}
    for recipe in ("float", "w4a16", "w4a8", "w8a8"):
        artifact = compile_model(model, folder, recipe, threads)
        yield (
            f"SmolLM2 {recipe}, prefill of 512",
            [lambda: session.run(None, prompt), lambda artifact=artifact: artifact.run(prompt)],
            3,
        )
        yield (
            f"SmolLM2 {recipe}, decode after 128",
            [lambda: session.run(None, token), decode_step(artifact, 128)],
            9,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("models-built"), help="folder with smollm2/")
    parser.add_argument("--small", type=Path, help="folder with resnet20_cifar10.onnx")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        rows = []
        if args.small:
            rows.append(image_rows(args.small / "resnet20_cifar10.onnx", folder, args.threads))
        decoder = args.models / "smollm2/decoder-opset21.onnx"
        if decoder.is_file():
            rows.append(decoder_rows(decoder, folder, args.threads))
        for group in rows:
            for title, contenders, turns in group:
                peer, ours = median_times(contenders, turns)
                results.append({"case": title, "onnxruntime_ms": peer, "quantc_ms": ours, "ratio": peer / ours})
                if not args.json:
                    print(f"{title:36} onnxruntime {peer:9.2f} ms  quantc {ours:9.2f} ms  {peer / ours:5.2f}x", flush=True)
    if args.json:
        print(json.dumps({"threads": args.threads, "rows": results}, indent=2))


if __name__ == "__main__":
    main()
