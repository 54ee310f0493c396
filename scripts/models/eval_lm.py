#!/usr/bin/env python3
"""Perplexity of a language model on a text, in onnxruntime or compiled by quantc.

The text is tokenized as it is, without a start token; special tokens written in
it become one token. The first --max-tokens tokens are cut into windows that do
not overlap (a last, shorter one is dropped). Each window runs on its own with an
empty cache, and its tokens 1 .. window-1 are scored, each given those before it.
Perplexity is exp(mean of -log p); the error is that of the mean over windows.
Results of other windows or token counts cannot be compared.

The model has an input input_ids [1, T], an output logits [1, T, vocab], and
optionally past_key_values.*, which are fed empty, attention_mask, position_ids.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tqdm import tqdm

Runner = Callable[[dict[str, np.ndarray]], np.ndarray]
Signature = Iterable[tuple[str, list]]  # name, shape of every input


def fail(message: str) -> None:
    sys.exit(f"eval_lm: error: {message}")


def open_onnx(file: Path, threads: int) -> tuple[Signature, Runner]:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    signature = [(entry.name, entry.shape) for entry in session.get_inputs()]
    return signature, lambda feed: session.run(["logits"], feed)[0]


def open_artifact(file: Path, threads: int) -> tuple[Signature, Runner]:
    sys.path.insert(0, str(Path(__file__).parents[2] / "build/release/python"))
    import quantc

    model = quantc.load(file, num_threads=threads)
    signature = [(t["name"], t["dims"]) for t in model.signature["entries"][0]["inputs"]]
    return signature, lambda feed: model.run(feed)["logits"]


def feed_of(signature: Signature, window: np.ndarray) -> dict[str, np.ndarray]:
    feed = {}
    for name, shape in signature:
        if name == "input_ids":
            feed[name] = window[None]
        elif name == "attention_mask":
            feed[name] = np.ones((1, len(window)), np.int64)
        elif name == "position_ids":
            feed[name] = np.arange(len(window), dtype=np.int64)[None]
        elif name.startswith("past_key_values."):
            feed[name] = np.zeros((1, shape[1], 0, shape[3]), np.float32)
        else:
            fail(f"the model has an input that is not known here: {name!r}")
    return feed


def losses_of(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """-log softmax(logits)[target] in nats: logits [N, V], targets [N] -> [N]."""
    peak = logits.max(axis=-1, keepdims=True)
    total = np.exp(logits - peak).sum(axis=-1, dtype=np.float64)
    chosen = np.take_along_axis(logits, targets[:, None], axis=-1)
    return np.log(total) + (peak - chosen)[:, 0].astype(np.float64)


def windows_of(text: Path, tokenizer: Tokenizer, max_tokens: int, length: int) -> np.ndarray:
    content = text.read_text(encoding="utf-8", errors="replace")
    ids = tokenizer.encode(content, add_special_tokens=False).ids[: max_tokens or None]
    count = len(ids) // length
    if count == 0:
        fail(f"{text} has {len(ids)} tokens, one window needs {length}")
    return np.array(ids[: count * length], np.int64).reshape(count, length)


def evaluate(signature: Signature, run: Runner, windows: np.ndarray) -> dict[str, float]:
    start, rows = time.perf_counter(), []
    for window in tqdm(windows, unit="window", disable=None):
        rows.append(losses_of(run(feed_of(signature, window))[0, :-1], window[1:]))
    losses = np.array(rows)
    means = losses.mean(axis=1)
    return {
        "window": windows.shape[1],
        "windows": len(windows),
        "scored_tokens": losses.size,
        "mean_nll": float(means.mean()),
        "nll_standard_error": float(means.std(ddof=1) / math.sqrt(len(means))) if len(means) > 1 else None,
        "perplexity": math.exp(means.mean()),
        "seconds": round(time.perf_counter() - start, 1),
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="ONNX file, or with --artifact a compiled model (PREFIX.so)")
    parser.add_argument("text", type=Path, help="UTF-8 text file")
    parser.add_argument("--artifact", action="store_true", help="MODEL was compiled by quantc")
    parser.add_argument("--tokenizer", type=Path, help="tokenizer.json (default: beside the model)")
    parser.add_argument("--window", type=int, default=512, help="tokens in a window (default: %(default)s)")
    parser.add_argument(
        "--max-tokens", type=int, default=20480, help="of the text's start; 0: all (default: %(default)s)"
    )
    parser.add_argument("--threads", type=int, default=0, help="0: what the runtime chooses")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    args.tokenizer = args.tokenizer or args.model.parent / "tokenizer.json"
    if args.window < 2 or args.max_tokens < 0 or args.threads < 0:
        fail("--window must be at least 2, --max-tokens and --threads at least 0")
    for file in (args.model, args.text, args.tokenizer):
        if not file.is_file():
            fail(f"no such file: {file}")
    return args


def main() -> None:
    args = arguments()
    windows = windows_of(args.text, Tokenizer.from_file(str(args.tokenizer)), args.max_tokens, args.window)
    signature, run = (open_artifact if args.artifact else open_onnx)(args.model, args.threads)
    result = {"model": str(args.model), "text": str(args.text)} | evaluate(signature, run, windows)
    if args.json:
        print(json.dumps(result))
    else:
        print(
            "perplexity {perplexity:.4f}, {scored_tokens} tokens scored in {windows} windows of {window}, {seconds} s".format(
                **result
            )
        )


if __name__ == "__main__":
    main()
