#!/usr/bin/env python3
"""Perplexity of a language model, compiled with one recipe after the other.

    PYTHONPATH=build/release/python python benchmarks/perplexity.py \\
        models-built/smollm2/decoder-opset21.onnx --text ../shared/data/text/wiki.valid.raw \\
        -r float -r w8a8 -r w4a16 [--tokens 20480] [--reference] [--json]

The text is tokenized as it is, without a start token, by the tokenizer.json beside
the model. Its first tokens are cut into windows that do not overlap; a last, shorter
one is dropped. Each window runs with empty caches and its tokens 1 .. window-1 are
scored, each given those before it. Perplexity is exp(mean of -log p); the standard
error is that of the mean, windows taken as units. With --decode the second half of a
window runs token by token, as a recipe with `sparsity` leaves out inputs only there; all
tokens are scored, as without. Figures for other windows or other
numbers of tokens cannot be compared. With --reference, onnxruntime runs the model too.
A recipe with `format: planes` is compiled once and scored at each of its widths.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

import quantc

Run = Callable[[np.ndarray], np.ndarray]


def losses(logits: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """-log p of the tokens 1.. of a window, from logits [T, V]."""
    logits = logits.astype(np.float64)
    top = logits.max(-1)
    log_sum = np.log(np.exp(logits - top[:, None]).sum(-1)) + top
    return log_sum[:-1] - logits[np.arange(len(ids) - 1), ids[1:]]


def score(title: str, run: Run, windows: np.ndarray) -> dict[str, object]:
    means = []
    for number, ids in enumerate(windows, 1):
        means.append(losses(run(ids), ids).mean())
        if sys.stderr.isatty():
            print(f"\r{title}: {number}/{len(windows)} windows", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(end="\r\033[K", file=sys.stderr)
    mean = float(np.mean(means))
    spread = float(np.std(means, ddof=1)) / math.sqrt(len(means)) if len(means) > 1 else math.nan
    return {"recipe": title, "perplexity": math.exp(mean), "standard_error": math.exp(mean) * spread}


def decoded(state: quantc.State, ids: np.ndarray) -> np.ndarray:
    """Logits of a window: its first half as a prompt, then token by token."""
    half = len(ids) // 2
    parts = [ids[:half], *ids[half:, None]]
    return np.concatenate([state.run({"input_ids": part[None]})["logits"][0] for part in parts])


def compiled_runs(
    model: Path, recipe: str, calibrate: str | None, folder: str, window: int, threads: int, decode: bool
) -> Iterator[tuple[str, Run]]:
    """What the recipe gives, by its name; with weights of planes once for each width."""
    prefix = Path(folder) / Path(recipe).stem
    options = {"calibrate": calibrate} if calibrate else {}
    quantc.compile(str(model), str(prefix), recipe=recipe, quiet=True, **options)
    artifact = quantc.load(prefix, num_threads=threads)

    def run(ids: np.ndarray) -> np.ndarray:
        state = artifact.state(window)
        return decoded(state, ids) if decode else state.run({"input_ids": ids[None]})["logits"][0]

    if "precisions" not in artifact.signature:
        yield recipe, run
    for bits in artifact.signature.get("precisions", []):
        artifact.set_precision(bits)
        yield f"{recipe} at {bits} bits", run


def reference_run(model: Path, threads: int) -> Run:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    empty = {
        entry.name: np.zeros(
            [0 if "past" in str(d) else d if isinstance(d, int) else 1 for d in entry.shape], np.float32
        )
        for entry in session.get_inputs()
        if entry.name != "input_ids"
    }
    return lambda ids: session.run(["logits"], {"input_ids": ids[None], **empty})[0][0]


def show(result: dict[str, object], as_json: bool) -> None:
    if not as_json:
        print("{recipe:24} {perplexity:9.4f} ± {standard_error:.2f}".format(**result), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="decoder with input_ids, logits and caches")
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("-r", "--recipe", action="append", help="recipe or preset; may be repeated (default: float)")
    parser.add_argument("--calibrate", help="samples (.npz) for recipes that need them")
    parser.add_argument("--tokens", type=int, default=20480, help="length of text that is scored")
    parser.add_argument("--window", type=int, default=512)
    parser.add_argument("--threads", type=int, default=0, help="0: all")
    parser.add_argument("--decode", action="store_true", help="run the second half of a window token by token")
    parser.add_argument("--reference", action="store_true", help="score the model in onnxruntime, too")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(args.model.parent / "tokenizer.json"))
    ids = np.array(tokenizer.encode(args.text.read_text(encoding="utf-8")).ids[: args.tokens], np.int64)
    windows = ids[: len(ids) // args.window * args.window].reshape(-1, args.window)
    if not len(windows):
        sys.exit(f"perplexity: '{args.text}' has {len(ids)} tokens, a window has {args.window}")
    results = []
    with tempfile.TemporaryDirectory() as folder:
        if args.reference:
            results.append(score("onnxruntime", reference_run(args.model, args.threads), windows))
            show(results[-1], args.json)
        for recipe in args.recipe or ["float"]:
            runs = compiled_runs(args.model, recipe, args.calibrate, folder, args.window, args.threads, args.decode)
            for title, run in runs:
                results.append(score(title, run, windows))
                show(results[-1], args.json)
    if args.json:
        print(json.dumps({"tokens": int(windows.size), "window": args.window, "rows": results}, indent=2))


if __name__ == "__main__":
    main()
