"""Perplexity of SmolLM2 on two texts, and the same bits on every level."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from bits import ALL_LEVELS, LEVELS, Products, run, verdict
from compiling import compile_model
from perplexity import decoded, score
from rows import FIGURES, Row
from tokenizers import Tokenizer

WINDOW = 512
TEXTS = {"wiki": "wiki.valid.raw", "stories": "tinystories_train_first2MiB.txt"}
# One block, and a product behind it, which rules of the last layer are for.
BLOCK = r"layers\.(2/.*_proj|3/self_attn/q_proj)/"
PROMPT = np.array([[504, 3575, 282, 260]])


class Language:
    figure = FIGURES["language"]

    def __init__(self, options):
        self.options = options
        self.model = options.models / "smollm2/decoder-opset24.onnx"
        self.tokenizer = Tokenizer.from_file(str(self.model.parent / "tokenizer.json"))
        self.block = None
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
        """The levels of this machine, and the simulated GPU, that give the same logits."""
        prompt = self.options.scratch / "prompt.npz"
        np.savez(prompt, input_ids=PROMPT)
        results = {level: run(prefix, prompt, level, positions=16) for level in LEVELS}
        if self.options.simulate:
            simulated = prefix.with_name(prefix.name + "-sim")
            self.compile(replace(row, recipe=self.measured(row, prefix)), simulated, samples, "cuda-sim")
            results["cuda-sim"] = run(simulated, prompt, positions=16)
        return verdict(results)

    @staticmethod
    def measured(row: Row, prefix: Path) -> str:
        """The recipe with the errors that were measured for its budget, if it has one."""
        known = Path(f"{prefix}.sensitivity.json")
        return row.recipe.replace("budget: {", f"budget: {{sensitivity: '{known}', ") if known.exists() else row.recipe

    def products(self, row: Row) -> str:
        if self.block is None:
            caches = [i for i in onnx.load(self.model, load_external_data=False).graph.input if i.name != "input_ids"]
            shapes = {i.name: [d.dim_value for d in i.type.tensor_type.shape.dim] for i in caches}
            empty = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
            windows = [{"input_ids": ids[None], **empty} for ids in self.windows("wiki")[:4]]
            self.block = Products(self.options, self.model, BLOCK, windows)
        return self.block.same_bits(row.recipe)
