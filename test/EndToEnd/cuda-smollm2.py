# REQUIRES: shared, models-built, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %models/smollm2/decoder-opset21.onnx

"""The GPU kernels of whole SmolLM2-135M with 4-bit weights, run thread by thread on the
CPU: after one prompt of 4 tokens they give the tokens and the bits of the CPU's kernels."""

import sys

import numpy as np

from models import compiled

PROMPT = [504, 3575, 282, 260]
COUNT = 4


def greedy(artifact):
    """The tokens that follow the prompt, and the logits that chose them."""
    state = artifact.state(len(PROMPT) + COUNT)
    tokens, logits, new = [], [], PROMPT
    for _ in range(COUNT):
        logits.append(state.run({"input_ids": np.array([new])})["logits"])
        tokens.append(int(logits[-1][0, -1].argmax()))
        new = tokens[-1:]
    return tokens, b"".join(step.tobytes() for step in logits)


def main():
    results = {}
    for target in ("native", "cuda-sim"):
        artifact = compiled(sys.argv[1], "w4a16", target, quiet=True)
        results[target] = greedy(artifact)
        print(f"{target}: {results[target][0]}")
    if len(set(results["native"][0])) < 2:
        sys.exit("the tokens say nothing: they are all the same")
    if results["native"] != results["cuda-sim"]:
        sys.exit("the GPU kernels give other tokens or bits than the CPU's")


main()
