#!/usr/bin/env python3
"""Times one decode step of SmolLM2 under several recipes, in one process and in turns.

    PYTHONPATH=build/release/python python benchmarks/decode_speed.py \\
        models-built/smollm2/decoder-opset24.onnx -r w4a16 -r binary [--threads 1] [--turns 25]
        [--calibrate samples.npz]

A recipe is a preset or a YAML file. Each step computes one token after 128 cached
ones. The models take turns; the figure is the median of the turns, for one thread of
its processor time, which other programs disturb little; the ratio is the median of those
of the first recipe to this one in the same turn (above 1: faster than the first), bytes are
those of the weights file.

With --calibrate, input_ids as benchmarks/token_windows.py writes them, recipes get samples,
and the tokens are those of the last window, another one each step: which inputs a model
leaves out depends on the text.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import quantc
from side_by_side import decode_step

PAST = 128


def text_step(artifact: quantc.Model, ids: np.ndarray) -> Callable[[], object]:
    """A step with the next token of a text each time, behind its first ones."""
    state = artifact.state(PAST + 1)
    state.run({"input_ids": ids[None, :PAST]})
    following = itertools.cycle(ids[PAST:])

    def step() -> object:
        state.truncate(PAST)
        return state.run({"input_ids": np.full((1, 1), next(following), np.int64)})

    return step


def times_in_turns(steps: list[Callable[[], object]], turns: int, clock: Callable[[], float]) -> list[list[float]]:
    """Milliseconds of each step, turn by turn."""
    times: list[list[float]] = [[] for _ in steps]
    for _ in range(turns):
        for step, taken in zip(steps, times, strict=True):
            step()
            start = clock()
            step()
            taken.append((clock() - start) * 1e3)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("-r", "--recipe", action="append", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=25)
    parser.add_argument("--calibrate", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        steps, sizes = [], []
        for number, recipe in enumerate(options.recipe):
            prefix = Path(scratch) / f"model{number}"
            samples = {"calibrate": str(options.calibrate)} if options.calibrate else {}
            quantc.compile(str(options.model), str(prefix), recipe=recipe, quiet=True, **samples)
            artifact = quantc.load(prefix, num_threads=options.threads)
            if options.calibrate:
                steps.append(text_step(artifact, np.load(options.calibrate)["input_ids"][-1]))
            else:
                steps.append(decode_step(artifact, past=PAST))
            sizes.append(prefix.with_suffix(".weights").stat().st_size)
        clock = time.process_time if options.threads == 1 else time.perf_counter
        times = times_in_turns(steps, options.turns, clock)
    print("| recipe | decode, ms | ratio | file, MB |\n|---|---|---|---|")
    for recipe, taken, size in zip(options.recipe, times, sizes, strict=True):
        ratio = statistics.median(first / own for first, own in zip(times[0], taken, strict=True))
        print(f"| {recipe} | {statistics.median(taken):.2f} | {ratio:.2f} | {size / 1e6:.1f} |")


if __name__ == "__main__":
    main()
