"""Cosine of MiniLM's sentence embeddings to those of the float model."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from bits import ALL_LEVELS, LEVELS, Products, run, verdict
from compiling import compile_model
from rows import FIGURES, Row
from tokenizers import Tokenizer


BLOCK = r"layer\.2/.*(query|key|value|dense)/MatMul"


class Sentences:
    figure = FIGURES["sentences"]

    def __init__(self, options):
        self.options = options
        self.model = options.models / "minilm/model.onnx"
        self.tokenizer = Tokenizer.from_file(str(self.model.parent / "tokenizer.json"))
        self.tokenizer.enable_truncation(64)
        self.tokenizer.enable_padding(length=64)
        text = (options.shared / "data/text/wiki.valid.raw").read_text(encoding="utf-8")
        found = [s.strip() for s in re.split(r"(?<=\.) ", text.replace("\n", " ")) if 30 < len(s) < 300]
        self.scored, self.seen = found[:512], found[-128:]
        self.reference = None
        self.block = None

    def inputs(self, sentences: list[str]) -> dict[str, np.ndarray]:
        encoded = self.tokenizer.encode_batch(sentences)
        ids = np.array([e.ids for e in encoded], np.int64)
        mask = np.array([e.attention_mask for e in encoded], np.int64)
        return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}

    def embeddings(self, prefix: Path) -> np.ndarray:
        import quantc

        run = quantc.load(prefix).run
        parts = [self.scored[i : i + 32] for i in range(0, len(self.scored), 32)]
        return np.concatenate([run(self.inputs(part))["sentence_embedding"] for part in parts])

    def measure(self, row: Row, prefix: Path) -> dict[str, object]:
        samples = self.options.scratch / "sentences.npz"
        np.savez(samples, **self.inputs(self.seen))
        if self.reference is None:
            plain = prefix.with_name("minilm-float")
            compile_model(self.options.quantc, self.model, "preset: float\n", plain)
            self.reference = self.embeddings(plain)
        samples = samples if row.calibrate else None
        compiled = compile_model(self.options.quantc, self.model, row.recipe, prefix, samples, ALL_LEVELS)
        found = self.embeddings(prefix)
        norms = np.linalg.norm(found, axis=1) * np.linalg.norm(self.reference, axis=1)
        cosine = (found * self.reference).sum(1) / norms
        return {
            self.figure: round(float(cosine.mean()), 5),
            "least cosine": round(float(cosine.min()), 5),
            "file, MB": round(compiled.file_megabytes, 1),
            "same bits": self.same_bits(row, prefix, samples),
        }

    def same_bits(self, row: Row, prefix: Path, samples: Path | None) -> str:
        few = self.options.scratch / "few-sentences.npz"
        np.savez(few, **self.inputs(self.scored[:2]))
        results = {level: run(prefix, few, level) for level in LEVELS}
        if self.options.simulate:
            simulated = prefix.with_name(prefix.name + "-sim")
            compile_model(self.options.quantc, self.model, row.recipe, simulated, samples, "cuda-sim")
            results["cuda-sim"] = run(simulated, few)
        return verdict(results)

    def products(self, row: Row) -> str:
        if self.block is None:
            self.block = Products(self.options, self.model, BLOCK, [self.inputs(self.seen)])
        return self.block.same_bits(row.recipe)
