# Prints the hot loop of a kernel: the block of assembly with the most matches of
# a pattern, after a line that counts what matters. Arguments: file, level,
# pattern.

import re
import sys
import tempfile
from pathlib import Path

from harness import lower, machine_flags, tool


def assembly(file: Path, level: str) -> list[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = lower(file.read_text(encoding="utf-8"), level, folder)
        tool("clang", "-O2", *machine_flags(level), "-fopenmp", "-S", "-fPIC", "-masm=intel", "-Wno-override-module", source, "-o", folder / "k.s")
        return (folder / "k.s").read_text(encoding="utf-8").splitlines()


def blocks(lines: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if re.match(r"\S+:", line):
            found.append([])
        elif re.match(r"\t[a-z]", line):
            found[-1].append(line)
    return found


def main() -> None:
    file, level, pattern = sys.argv[1:]
    hot = max(blocks(assembly(Path(file), level)), key=lambda block: sum(bool(re.search(pattern, line)) for line in block))
    matches = sum(bool(re.search(pattern, line)) for line in hot)
    spills = sum("Spill" in line or "Reload" in line for line in hot)
    print(f"{matches} matches, {len(hot)} instructions, {spills} spills")
    print("\n".join(hot))


main()
