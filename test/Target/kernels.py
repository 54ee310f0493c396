"""Runs the test program of every kernel with codes or signs in a table of `quantc kernels
--json`: kernels.py TABLE FOLDER. A kernel without a program is an error, so that a
new line of the table brings its test."""

import json
import subprocess
import sys
from pathlib import Path

PROGRAMS = {"matmul": "matmul.py", "conv": "conv.py", "depthwise_conv": "conv.py"}
PROGRAMS |= {"embedding": "embedding_codes.py"}
PROGRAMS |= {family: "binary.py" for family in ("binary_matmul", "binary_conv", "pack_signs")}


def main():
    table = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    names = [
        entry["kernel"]
        for entry in table
        if entry["weights"].startswith(("codes", "signs")) or entry["kernel"].startswith("pack_signs")
    ]
    assert len(names) == len(set(names)), "the table names a kernel twice"
    for name in names:
        family = name.split(".")[0]
        assert family in PROGRAMS, f"no test program runs {name}"
        result = subprocess.run(
            [sys.executable, Path(sys.argv[2]) / PROGRAMS[family], name], capture_output=True, text=True, check=False
        )
        # Programs name what they ran, which is nothing for a name that they do not know.
        assert result.returncode == 0 and f"{name} ok" in result.stdout, f"{name}: {result.stdout}{result.stderr}"
        print(f"{name} equals its reference")
    print(f"{len(names)} kernels")


main()
