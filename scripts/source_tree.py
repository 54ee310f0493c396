"""What the checks share: the files of the tree, C++ without its comments, and one
way to report. Every check is a script with a function that returns its findings.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LLVM = Path("/usr/lib/llvm-22")
CODE = ("lib/", "include/", "tools/", "python-bindings/")


def tracked(*suffixes: str, under: str | tuple[str, ...] = "") -> list[str]:
    """Paths of the files in git, relative to the root, that are still there."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = listing.stdout.decode().split("\0")
    return [n for n in names if n.endswith(suffixes) and n.startswith(under) and (ROOT / n).is_file()]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'(?!\w)""", re.DOTALL
)


def blank_comments(source: str, strings: bool = False) -> str:
    """C++ with comments (and the insides of strings) as blanks; offsets and lines stay."""

    def blank(match: re.Match[str]) -> str:
        token = match.group()
        if token.startswith("/"):
            return re.sub(r"[^\n]", " ", token)
        if strings:
            return token[0] + re.sub(r"[^\n]", " ", token[1:-1]) + token[-1]
        return token

    return TOKEN.sub(blank, source)


def line_at(source: str, offset: int) -> int:
    return source.count("\n", 0, offset) + 1


def run(check: Callable[[], Iterator[str]], self_test: Callable[[], None], description: str) -> None:
    """The main function of a check: prints the findings, exits with 1 if there are any."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--self-test", action="store_true", help="test the check itself")
    name = Path(sys.argv[0]).name
    if parser.parse_args().self_test:
        self_test()
        print(f"{name}: self-test passed")
        return
    findings = list(check())
    print("".join(f"{finding}\n" for finding in findings), end="")
    print(f"{name}: {len(findings)} findings" if findings else f"{name}: nothing to mend")
    sys.exit(bool(findings))
