# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %shared

"""A network with depthwise convolutions in few bits recognises nearly as many of
1,000 spoken words as in floating point. Every convolution has codes."""

import sys
import tempfile
from pathlib import Path

import numpy as np
import quantc
from cifar import accuracy
from models import check, session
from words import read_words

# Kernels of the depthwise and of the other convolutions, and points lost.
RECIPES = {"w8a8": ("a8", 0.005), "w4a8": ("a8", 0.015), "w4a16": ("a16", 0.015)}


def main():
    shared = Path(sys.argv[1])
    model = shared / "models/mlperf_kws_dscnn.onnx"
    words, labels = read_words(shared / "data/keywords/kws01_mfcc_int8_1000.tar.gz")
    reference = session(model)
    wanted = accuracy(lambda x: reference.run(None, {"input": x})[0], words, labels)
    with tempfile.TemporaryDirectory() as folder:
        samples = Path(folder) / "samples.npz"
        np.savez(samples, input=words[:128])
        for recipe, (kernels, limit) in RECIPES.items():
            prefix = Path(folder) / recipe
            quantc.compile(str(model), str(prefix), recipe=recipe, calibrate=str(samples), keep=f"{prefix}-ir")
            selected = next(Path(f"{prefix}-ir").glob("*-select.mlir")).read_text(encoding="utf-8")
            counts = selected.count(f'"depthwise_conv.{kernels}"'), selected.count(f'"conv.{kernels}"')
            assert counts == (4, 5), f"{recipe}: {counts} convolutions of codes"
            artifact = quantc.load(prefix)
            found = accuracy(lambda x, run=artifact.run: run({"input": x})["prob"], words, labels)
            print(f"float {wanted:.4f}, {recipe} {found:.4f}")
            check(f"{recipe}: loss of accuracy", wanted - found, limit)


main()
