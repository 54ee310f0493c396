# REQUIRES: models-built, python-module
# RUN: env PYTHONPATH=%S:%source/build/release/python %python %s %models/minilm/model.onnx

"""Sentences keep their embeddings when every product takes static int8 codes."""

import sys
import tempfile
from pathlib import Path

import numpy as np
from models import compiled


def sentences(count, rng):
    """Random words, padded to one length."""
    mask = (np.arange(24) < rng.integers(8, 25, (count, 1))).astype(np.int64)
    return {
        "input_ids": np.where(mask == 1, rng.integers(1000, 30000, mask.shape), 0),
        "attention_mask": mask,
        "token_type_ids": np.zeros_like(mask),
    }


def main():
    model = sys.argv[1]
    rng = np.random.default_rng(4)
    with tempfile.TemporaryDirectory() as name:
        recipe, data = Path(name) / "static.yaml", Path(name) / "samples.npz"
        recipe.write_text("preset: w8a8\nactivations: {matmul: static}\n", encoding="ascii")
        np.savez(data, **sentences(16, rng))
        inputs = sentences(8, rng)
        wanted = compiled(model).run(inputs)["sentence_embedding"]
        found = compiled(model, recipe=str(recipe), calibrate=str(data)).run(inputs)["sentence_embedding"]
    norms = np.linalg.norm(wanted, axis=1) * np.linalg.norm(found, axis=1)
    cosine = float(((wanted * found).sum(1) / norms).mean())
    print(f"mean cosine {cosine:.4f}")
    if not 0.985 <= cosine < 1 - 1e-6:
        sys.exit("expected int8 codes that keep the embeddings")


main()
