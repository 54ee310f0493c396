"""Perplexity of SmolLM2 on two texts, and the same logits on every level."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from compiling import compile_model
from perplexity import decoded, score
from rows import Row
from tokenizers import Tokenizer

WINDOW = 512
TEXTS = {"wiki": "wiki.valid.raw", "stories": "tinystories_train_first2MiB.txt"}
ALL_LEVELS = "x86-64-v4"  # and those below it
LOGITS = """
import sys, hashlib, numpy as np, quantc
state = quantc.load(sys.argv[1]).state(16)
logits = state.run({"input_ids": np.array([[504, 3575, 282, 260]])})["logits"]
print(hashlib.sha256(logits.tobytes()).hexdigest())
"""


class Language:
    figure = "perplexity, wiki"

    def __init__(self, options):
        self.options = options
        self.model = options.models / "smollm2/decoder-opset24.onnx"
        self.tokenizer = Tokenizer.from_file(str(self.model.parent / "tokenizer.json"))
        self.samples = options.scratch / "wiki16.npz"
        if not self.samples.exists():
            ids = self.ids("wiki")
            ids = ids[len(ids) // 2 :][: 16 * WINDOW]
            np.savez(self.samples, input_ids=ids.reshape(16, WINDOW))

    def ids(self, text: str) -> np.ndarray:
        content = (self.options.shared / "data/text" / TEXTS[text]).read_text(encoding="utf-8", errors="replace")
        return np.array(self.tokenizer.encode(content, add_special_tokens=False).ids, np.int64)

    def windows(self, text: str) -> np.ndarray:
        ids = self.ids(text)[: self.options.tokens]
        return ids[: len(ids) // WINDOW * WINDOW].reshape(-1, WINDOW)

    def measure(self, row: Row, prefix: Path) -> dict[str, object]:
        import quantc

        samples = self.samples if row.calibrate else None
        compiled = self.compile(row, prefix, samples, ALL_LEVELS)
        artifact = quantc.load(prefix)
        result = {}
        for text in TEXTS:
            found = score(
                f"{row.title}, {text}",
                (lambda ids: decoded(artifact.state(WINDOW), ids))
                if row.decode
                else lambda ids: artifact.state(WINDOW).run({"input_ids": ids[None]})["logits"][0],
                self.windows(text),
            )
            result[f"perplexity, {text}"] = round(found["perplexity"], 4)
        result["stored bits"] = round(compiled.stored_bits, 3)
        result["file, MB"] = round(compiled.file_megabytes, 1)
        result["compiling, s"] = round(compiled.seconds, 1)
        result["compiling, GB"] = round(compiled.gigabytes, 2)
        result["same bits"] = self.same_bits(row, prefix, samples)
        return result

    def compile(self, row: Row, prefix: Path, samples: Path | None, target: str):
        kept = self.options.scratch / f"{row.title} statistics" if self.options.simulate else None
        return compile_model(self.options.quantc, self.model, row.recipe, prefix, samples, target, kept)

    def same_bits(self, row: Row, prefix: Path, samples: Path | None) -> str:
        """The levels of this machine, and the simulated GPU, that give one result."""
        names = {level: self.logits(prefix, level) for level in ("generic", "v3", "v4")}
        if self.options.simulate:
            simulated = prefix.with_name(prefix.name + "-sim")
            self.compile(row, simulated, samples, "cuda-sim")
            names["cuda-sim"] = self.logits(simulated, "")
        names = {name: value for name, value in names.items() if value}
        if len(set(names.values())) != 1:
            sys.exit(f"{row.title}: logits differ between {', '.join(names)}")
        return " = ".join(names)

    @staticmethod
    def logits(prefix: Path, level: str) -> str:
        """A hash of the logits; empty where the machine lacks the level."""
        environment = {**os.environ, **({"QUANTC_LEVEL": level} if level else {})}
        run = subprocess.run(
            [sys.executable, "-c", LOGITS, prefix], env=environment, capture_output=True, text=True, check=False
        )
        return run.stdout.strip()
