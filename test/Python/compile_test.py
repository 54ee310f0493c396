"""Compiles a model through the Python module and compares it with onnxruntime.

    compile_test.py MODEL.onnx FOLDER
"""

import sys
import unittest
from pathlib import Path

import numpy as np
import onnxruntime
import quantc

MODEL, FOLDER = Path(sys.argv[1]), Path(sys.argv[2])


class Compile(unittest.TestCase):
    def test_equals_onnxruntime(self) -> None:
        path = quantc.compile(MODEL, FOLDER / "model.so")
        model = quantc.load(path)
        session = onnxruntime.InferenceSession(MODEL, providers=["CPUExecutionProvider"])
        (given,) = session.get_inputs()
        random = np.random.default_rng(3)
        for _ in range(5):
            x = random.standard_normal(given.shape).astype(np.float32)
            (expected,) = session.run(None, {given.name: x})
            (actual,) = model.run({given.name: x}).values()
            np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)

    def test_embedded_weights(self) -> None:
        apart = quantc.load(quantc.compile(MODEL, FOLDER / "apart"))
        path = quantc.compile(MODEL, FOLDER / "one", embed_weights=True)
        self.assertFalse((FOLDER / "one.weights").exists())
        (given,) = apart.signature["entries"][0]["inputs"]
        x = np.random.default_rng(4).standard_normal(given["dims"]).astype(np.float32)
        expected, actual = (m.run({given["name"]: x}) for m in (apart, quantc.load(path)))
        for name, array in expected.items():
            np.testing.assert_array_equal(actual[name], array)

    def test_error_of_the_driver(self) -> None:
        with self.assertRaises(quantc.CompileError) as caught:
            quantc.compile(MODEL, FOLDER / "other", recipe="w9a9")
        self.assertEqual(caught.exception.exit_code, 1)
        self.assertIn("'w9a9'", str(caught.exception))
        self.assertFalse((FOLDER / "other.so").exists())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
