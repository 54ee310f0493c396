"""Points of accuracy that image and keyword networks lose against floating point."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from compiling import compile_model
from rows import Row

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "test/EndToEnd"))
from cifar import accuracy, read_images


class Images:
    figure = "points lost"

    def __init__(self, options):
        self.options = options

    def data(self, model: str) -> tuple[np.ndarray, np.ndarray]:
        """Inputs as the model takes them, and classes."""
        folder = self.options.shared / "data"
        if model == "mlperf_kws_dscnn":
            from words import read_words

            return read_words(folder / "keywords/kws01_mfcc_int8_1000.tar.gz")
        images, labels = read_images(folder / "cifar10/cifar10_test_jpeg_10000.tar.gz")
        if model == "mlperf_ic_resnet8":  # takes pixels from 0 to 255, channels last
            from cifar import DEVIATION, MEAN

            pixels = images.transpose(0, 2, 3, 1) * DEVIATION + MEAN
            images = np.ascontiguousarray(pixels * 255)
        return images, labels

    def measure(self, row: Row, prefix: Path) -> dict[str, object]:
        import quantc

        model = self.options.shared / f"models/{row.model}.onnx"
        inputs, labels = self.data(row.model)
        plain = prefix.with_name(prefix.name + "-float")
        compile_model(self.options.quantc, model, "preset: float\n", plain)
        artifact = quantc.load(plain)
        entry = artifact.signature["entries"][0]
        name, output = entry["inputs"][0]["name"], entry["outputs"][0]["name"]
        samples = self.options.scratch / f"{row.model}.npz"
        np.savez(samples, **{name: inputs[-256:]})
        compiled = compile_model(self.options.quantc, model, row.recipe, prefix, samples if row.calibrate else None)
        runs = [artifact.run, quantc.load(prefix).run]
        before, after = (accuracy(lambda x, run=run: run({name: x})[output], inputs, labels) for run in runs)
        return {
            "accuracy, float": round(100 * before, 2),
            "accuracy": round(100 * after, 2),
            self.figure: round(100 * (before - after), 2),
            "file, MB": round(compiled.file_megabytes, 3),
        }
