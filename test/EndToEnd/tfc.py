# REQUIRES: shared, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %shared %quantc

"""The binary and the 2-bit network of the QONNX model zoo (TFC on MNIST): published
accuracy, logits of a double-precision evaluation, packed signs with thresholds in every
binary layer but the last, and the same bits from the interpreter, every level and the
simulated GPU."""

import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from paths import same_bits

import quantc

A = np.array([((7 * i + 3) % 256) / 255 for i in range(784)], np.float32)
B = np.array([float((i // 28 - 14) ** 2 + (i % 28 - 14) ** 2 < 64) for i in range(784)], np.float32)

# Double-precision evaluation of the graphs with NumPy.
LOGITS = {
    "TFC_1W1A": [
        [-1.40906, -1.32675, -1.82061, -0.58597, -1.90292, 0.31943, -0.99752, -1.49137, -1.16213, -0.99752],
        [-1.57368, -1.82061, -1.32675, -1.90292, 0.23712, -1.49137, -0.50366, -1.32675, -1.32675, -0.50366],
    ],
    "TFC_2W2A": [
        [-1.2647, -1.92553, -1.30875, -0.78009, -1.6612, 0.18913, -1.35281, -2.01364, -0.33954, -0.91226],
        [-2.01364, -2.18986, -1.30875, -1.48498, 0.01291, -1.61714, -0.78009, -1.48498, -0.69198, -0.33954],
    ],
}

ACCURACY = {"TFC_1W1A": 0.9296, "TFC_2W2A": 0.9660}


def read_digits(folder):
    def body(name, header):
        with gzip.open(folder / name) as file:
            return np.frombuffer(file.read(), np.uint8, offset=header)

    images = body("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 1, 1, 28, 28)
    return images.astype(np.float32) / np.float32(255), body("t10k-labels-idx1-ubyte.gz", 8)


def check_logits(name, found, wanted):
    error = np.abs(np.asarray(found).ravel() - wanted).max()
    print(f"{name}: logits differ by {error:.2g}")
    # The published digits have five places.
    if not error <= 1e-5:
        sys.exit(f"{name}: logits {found}, expected {wanted}")


def check_kernels(name, report):
    layers = {layer["name"]: layer["kernel"] for layer in json.loads(report.read_text())["layers"]}
    kernel = "binary_matmul.b1" if name == "TFC_1W1A" else "matmul.a8"
    print(f"{name}: {layers}")
    if len(layers) != 4 or set(layers.values()) != {kernel}:
        sys.exit(f"{name}: expected four products by {kernel}")


def check_thresholds(tool, model, folder):
    subprocess.run([tool, "compile", model, "-o", f"{folder}/kept", "-r", "float", "--keep", f"{folder}/ir", "--quiet"], check=True)
    text = Path(f"{folder}/ir/6-fuse.mlir").read_text()
    products = [line for line in text.splitlines() if "= qnt.binary_matmul" in line]
    folded = ["thresholds" in line for line in products]
    print(f"binary products with thresholds: {folded}")
    # The first signs are those of the image, the last product gives numbers.
    if folded != [True, True, True, False] or text.count("qnt.pack_signs") != 1:
        sys.exit("expected three products with thresholds, one without, and one packing")


def main():
    shared, tool = Path(sys.argv[1]), sys.argv[2]
    images, labels = read_digits(shared / "data/mnist")
    for name, wanted in LOGITS.items():
        model = shared / f"models/{name}.onnx"
        inputs = [{"0": x.reshape(1, 1, 28, 28)} for x in (A, B, images[0])]
        for logits, found in zip(wanted, same_bits(tool, model, inputs)):
            check_logits(name, *found.values(), logits)
        with tempfile.TemporaryDirectory() as folder:
            quantc.compile(str(model), f"{folder}/model", recipe="float", quiet=True)
            check_kernels(name, Path(f"{folder}/model.report.json"))
            if name == "TFC_1W1A":
                check_thresholds(tool, str(model), folder)
            artifact = quantc.load(f"{folder}/model")
            right = sum(int(np.argmax(*artifact.run({"0": x}).values()) == y) for x, y in zip(images, labels))
        print(f"{name}: {right} of {len(labels)} digits")
        if right != round(ACCURACY[name] * len(labels)):
            sys.exit(f"{name}: expected {ACCURACY[name]:.2%}")


main()
