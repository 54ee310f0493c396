"""Compiles a model as a user does, in a process of its own, and measures that."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


class CompileError(Exception):
    """What the compiler said."""


@dataclass
class Compiled:
    prefix: Path
    seconds: float
    gigabytes: float  # at most resident
    report: dict[str, object]

    @property
    def file_megabytes(self) -> float:
        return self.prefix.with_suffix(".weights").stat().st_size / 1e6

    @property
    def stored_bits(self) -> float:
        """Bits of a weight, all metadata included, over the layers with codes."""
        layers = [layer for layer in self.report["layers"] if layer["bits_nominal"] < 32]
        weights = sum(layer["parameters"] for layer in layers)
        return 8 * sum(layer["bytes"] for layer in layers) / weights if weights else 32.0


def compile_model(
    quantc: Path, model: Path, recipe: str, prefix: Path, samples: Path | None = None, target: str = "", statistics: Path | None = None
) -> Compiled:
    """`statistics`: a folder whose codes a later compilation for another target takes."""
    prefix.with_suffix(".yaml").write_text(recipe, encoding="utf-8")
    command = [quantc, "compile", model, "-r", prefix.with_suffix(".yaml"), "-o", prefix, "--quiet"]
    command += ["--calibrate", samples] if samples else []
    command += ["--target", target] if target else []
    command += ["--statistics", statistics] if samples and statistics else []
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise CompileError(errors.strip().splitlines()[-1] if errors.strip() else f"exit code {process.returncode}")
    report = json.loads(Path(f"{prefix}.report.json").read_text(encoding="utf-8"))
    return Compiled(prefix, time.monotonic() - start, usage.ru_maxrss / 1e6, report)
