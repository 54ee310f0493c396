"""Tests of the Python module on the artifact of test/Runtime/FakeProgram.c.

Run with the folder of the built module on PYTHONPATH; QUANTC_FAKE_ARTIFACT names the
artifact if it is not where quantc's build puts it. Skipped where either is missing.
"""

import os
import shutil
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import numpy as np

try:
    import quantc
except ModuleNotFoundError as error:
    if error.name != "quantc":
        raise
    if __name__ == "__main__":
        print("skipped: the module quantc is not built (target quantc_python)")
        sys.exit()
    raise unittest.SkipTest("the module quantc is not built") from error

BUILT = Path(quantc.__file__).resolve().parents[2] / "test/artifact/fake.so"
ARTIFACT = Path(os.environ.get("QUANTC_FAKE_ARTIFACT", BUILT))


sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Runtime"))
from fake_weights import weights  # noqa: E402


@unittest.skipUnless(ARTIFACT.is_file(), f"no {ARTIFACT}: build the tests first")
class FakeModel(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "fake.so"
        shutil.copy(ARTIFACT, self.path)
        (self.folder / "fake.weights").write_bytes(weights())
        self.model = quantc.load(self.path)

    def assert_error(self, text: str, call, *arguments, **keywords) -> None:
        with self.assertRaises(quantc.Error) as caught:
            call(*arguments, **keywords)
        self.assertIn(text, str(caught.exception))

    def test_run(self) -> None:
        a = np.arange(6, dtype=np.float32).reshape(2, 3)
        outputs = self.model.run({"a": a, "b": np.full((2, 3), 10, np.float32)})
        self.assertEqual(list(outputs), ["sum", "level"])
        self.assertEqual(outputs["sum"].dtype, np.float32)
        np.testing.assert_array_equal(outputs["sum"], a + 10.5)
        self.assertEqual(outputs["level"].shape, ())
        self.assertEqual(["generic", "v3", "v4"][int(outputs["level"])], self.model.level)
        self.assertGreaterEqual(self.model.arena_bytes, 24)

    def test_outputs_outlive_the_model(self) -> None:
        a = np.ones((2, 3), np.float32)
        first = self.model.run(a=a, b=a)["sum"]
        second = self.model.run(a=a + 1, b=a)["sum"]
        del self.model
        self.assertEqual((first[0, 0], second[0, 0]), (2.5, 3.5))

    def test_strides_lists_and_keywords(self) -> None:
        a = np.arange(12, dtype=np.float32).reshape(3, 4)[:, ::2].T
        expected = a + np.array([[1, 2, 3], [4, 5, 6]]) + 0.5
        outputs = self.model.run({"a": a}, b=[[1, 2, 3], [4, 5, 6]])
        np.testing.assert_array_equal(outputs["sum"], expected)
        np.testing.assert_array_equal(self.model.run(a=a[::-1], b=a)["sum"], a[::-1] + a + 0.5)

    def test_read_only_input(self) -> None:
        a = np.zeros((1, 3), np.float32)
        a.flags.writeable = False
        self.assertEqual(self.model.run(a=a, b=a)["sum"][0, 0], 0.5)

    def test_no_rows(self) -> None:
        a = np.zeros((0, 3), np.float32)
        self.assertEqual(self.model.run(a=a, b=a)["sum"].shape, (0, 3))

    def test_signature(self) -> None:
        names = [entry["name"] for entry in self.model.signature["entries"]]
        self.assertEqual(names, ["main", "decode"])

    def test_wrong_inputs(self) -> None:
        a, run = np.ones((2, 3), np.float32), self.model.run
        self.assert_error("input 'b' f32[N,3] is missing", run, a=a)
        self.assert_error("has no input 'c'", run, a=a, b=a, c=a)
        self.assert_error("input 'b' is f64[2,3], expected f32[N,3]", run, a=a, b=a.astype(float))
        self.assert_error("dimension N is 2 in 'a' but 1 in 'b'", run, a=a, b=a[:1])
        self.assert_error("has no entry 'mian'; it has main, decode", run, entry="mian")
        self.assert_error("index -5000 lies outside its table", run, a=a * -5000, b=a)
        with self.assertRaises(ValueError):
            run(a=a, b="text")

    def test_state(self) -> None:
        state = self.model.state(3)
        total = state.run(ids=np.array([[4, 5]]))["total"]
        np.testing.assert_array_equal(total, [[4, 9]])
        self.assertEqual((state.length, state.capacity), (2, 3))
        self.assert_error("2 more do not fit", state.run, ids=np.array([[1, 2]]))
        self.assert_error("cannot cut a state of 2 positions to 3", state.truncate, 3)
        state.truncate(1)
        del self.model
        np.testing.assert_array_equal(state.run({"ids": [[6]]})["total"], [[10]])

    def test_state_of_stateless_entry(self) -> None:
        self.assert_error("entry 'main' keeps no state", self.model.state, 3, entry="main")

    def test_threads_share_a_model(self) -> None:
        wrong = []

        def work(value: float) -> None:
            a = np.full((40, 3), value, np.float32)
            for _ in range(50):
                if not (self.model.run(a=a, b=a)["sum"] == 2 * value + 0.5).all():
                    wrong.append(value)

        self.model.set_num_threads(2)
        threads = [threading.Thread(target=work, args=(float(i),)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assert_error("-1 is no number of threads", self.model.set_num_threads, -1)

    def test_load(self) -> None:
        self.assertEqual(quantc.load(str(self.path).removesuffix(".so")).level, self.model.level)
        self.assert_error("cannot open '/nonexistent.so'", quantc.load, "/nonexistent.so")
        bad = self.folder / "bad.weights"
        bad.write_bytes(weights()[:-1] + b"x")
        self.assert_error("the checksum of weights file", quantc.load, self.path, weights=bad)
        quantc.load(self.path, weights=bad, check=False)
        bad.write_bytes(weights()[:100])
        self.assert_error("cut off", quantc.load, self.path, weights=bad, check=False)


class Compile(unittest.TestCase):
    """`compile` against a driver made of shell."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.driver = Path(folder.name) / "driver"
        os.environ["QUANTC_DRIVER"] = str(self.driver)
        self.addCleanup(os.environ.pop, "QUANTC_DRIVER")

    def write_driver(self, script: str) -> None:
        self.driver.write_text(f"#!/bin/sh\n{script}\n")
        self.driver.chmod(0o755)

    def test_arguments(self) -> None:
        self.write_driver(f'for a; do echo "$a"; done > {self.driver}.log')
        path = quantc.compile(
            "m.onnx", "out/m.so", recipe="w4a16", calibrate=None, from_phase="x", quiet=True, keep=False
        )
        self.assertEqual(path, "out/m.so")
        given = Path(f"{self.driver}.log").read_text().split()
        expected = "compile m.onnx --output out/m --recipe w4a16 --target native --from-phase x --quiet"
        self.assertEqual(given, expected.split())

    def test_failure(self) -> None:
        self.write_driver(
            "exec >&2; echo 'weights ...'; echo 'quantc: error: node Foo:'; echo ' unknown'; exit 2"
        )
        with self.assertRaises(quantc.CompileError) as caught:
            quantc.compile("m.onnx", "m")
        self.assertEqual(caught.exception.exit_code, 2)
        self.assertEqual(str(caught.exception), "node Foo:\n unknown")
        self.assertIsInstance(caught.exception, quantc.Error)

    def test_failure_without_words(self) -> None:
        self.write_driver("exit 5")
        with self.assertRaises(quantc.CompileError) as caught:
            quantc.compile("m.onnx", "m")
        self.assertEqual(str(caught.exception), "quantc ended with code 5")

    def test_no_driver(self) -> None:
        with self.assertRaises(quantc.CompileError) as caught:
            quantc.compile("m.onnx", "m")
        self.assertIn("cannot run", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
