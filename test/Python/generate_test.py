"""Tests of examples/generate.py with a model and a tokenizer made of Python."""

import argparse
import contextlib
import importlib.util
import io
import unittest
from pathlib import Path

import numpy as np

path = Path(__file__).resolve().parents[2] / "examples/generate.py"
spec = importlib.util.spec_from_file_location("generate", path)
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)


class CountingModel:
    """Its likeliest next token is the last one plus 1."""

    signature = {
        "entries": [
            {
                "name": "decode",
                "inputs": [{"name": "ids"}, {"name": "past", "state_axis": 2}],
                "outputs": [{"name": "logits"}],
            }
        ]
    }

    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    def state(self, capacity: int) -> "CountingModel":
        self.capacity = capacity
        return self

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        ids = inputs["ids"]
        assert ids.dtype == np.int64 and ids.shape[0] == 1
        self.calls.append(ids[0].tolist())
        return {"logits": np.eye(10, dtype=np.float32)[(ids + 1) % 10]}


def options(**values: object) -> argparse.Namespace:
    return argparse.Namespace(**{"max_tokens": 4, "temperature": 0.0, "greedy": False, "seed": 1} | values)


class Generate(unittest.TestCase):
    def run_model(self, prompt: list[int], ends: set[int], **values: object):
        model = CountingModel()
        decoder = generate.Decoder(model, 20)
        return list(generate.generate(decoder, prompt, ends, options(**values))), model.calls

    def test_greedy(self) -> None:
        tokens, calls = self.run_model([5, 1], set())
        self.assertEqual(tokens, [2, 3, 4, 5])
        self.assertEqual(calls, [[5, 1], [2], [3], [4]])  # nothing after the last token

    def test_ends_at_end_token(self) -> None:
        self.assertEqual(self.run_model([1], {4})[0], [2, 3])

    def test_greedy_beats_temperature(self) -> None:
        self.assertEqual(self.run_model([1], set(), greedy=True, temperature=100.0)[0], [2, 3, 4, 5])

    def test_temperature(self) -> None:
        random = np.random.default_rng(0)
        logits = np.log(np.array([0.5, 0.3, 0.2], np.float32))
        counts = np.bincount([generate.choose(logits, 1.0, random) for _ in range(3000)])
        np.testing.assert_allclose(counts / 3000, [0.5, 0.3, 0.2], atol=0.05)
        cold = {generate.choose(logits, 0.01, random) for _ in range(100)}
        self.assertEqual(cold, {0})

    def test_huge_logits_do_not_overflow(self) -> None:
        logits = np.array([-1e30, 1e30], np.float32)
        self.assertEqual(generate.choose(logits, 0.5, np.random.default_rng(0)), 1)

    def test_model_without_caches(self) -> None:
        model = CountingModel()
        model.signature = {"entries": [{"name": "main"}]}
        with self.assertRaisesRegex(SystemExit, "no entry 'decode', only main"):
            generate.Decoder(model, 20)

    def test_incomplete_characters_wait(self) -> None:
        class ByteTokenizer:
            def decode(self, ids: list[int]) -> str:
                return bytes(ids).decode(errors="replace")

        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            times = generate.print_stream(ByteTokenizer(), iter("aé€b".encode()))
        self.assertEqual(output.getvalue(), "aé€b\n")
        self.assertEqual(len(times), 7)

    def test_prompt(self) -> None:
        class WordTokenizer:
            def token_to_id(self, name: str) -> int | None:
                return 1

            def encode(self, text: str) -> argparse.Namespace:
                return argparse.Namespace(ids=text.split())

        self.assertEqual(generate.encode(WordTokenizer(), "a b", False), ["a", "b"])
        self.assertEqual(generate.encode(WordTokenizer(), "a", None)[0], "<|im_start|>user")
        with self.assertRaisesRegex(SystemExit, "the prompt is empty"):
            generate.encode(WordTokenizer(), "", False)


if __name__ == "__main__":
    unittest.main()
