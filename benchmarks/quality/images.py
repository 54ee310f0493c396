"""Points of accuracy that image and keyword networks lose against floating point."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from bits import cut, same_bits
from compiling import compile_model
from rows import FIGURES, Row

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "test/EndToEnd"))
from cifar import accuracy, read_images


class Images:
    figure = FIGURES["images"]

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
        samples = self.samples(row, name, inputs)
        compiled = compile_model(self.options.quantc, model, row.recipe, prefix, samples)
        runs = [artifact.run, quantc.load(prefix).run]
        before, after = (accuracy(lambda x, run=run: run({name: x})[output], inputs, labels) for run in runs)
        return {
            "accuracy, float": round(100 * before, 2),
            "accuracy": round(100 * after, 2),
            self.figure: round(100 * (before - after), 2),
            "file, MB": round(compiled.file_megabytes, 3),
        }

    def samples(self, row: Row, name: str, inputs: np.ndarray) -> Path | None:
        path = self.options.scratch / f"{row.model}.npz"
        np.savez(path, **{name: inputs[-256:]})
        return path if row.calibrate else None

    def products(self, row: Row) -> str:
        """Of the whole network, but for softmax, which the interpreter rounds from double precision."""
        whole = onnx.load(self.options.shared / f"models/{row.model}.onnx")
        (given,) = whole.graph.input
        last = whole.graph.node[-1]
        if last.op_type == "Softmax":
            whole.graph.output[0].name = last.input[0]
        inputs, _ = self.data(row.model)
        folder = self.options.scratch / "products"
        folder.mkdir(exist_ok=True)
        model, few = folder / f"{row.model}.onnx", folder / "few.npz"
        onnx.save(cut(whole, [given], list(whole.graph.output)), model)
        np.savez(few, **{given.name: inputs[:3]})
        samples = self.samples(row, given.name, inputs)
        return same_bits(self.options.quantc, model, row.recipe, folder / "row", [few], samples, self.options.simulate)
