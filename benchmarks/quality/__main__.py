#!/usr/bin/env python3
"""The quality table: what models lose in few bits, row by row.

    PYTHONPATH=build/release/python python benchmarks/quality \\
        --models models-built --shared ../shared [--rows REGEX] [--list] [--simulate]

Every row compiles a model with the recipe that rows.py holds, in a process of its own,
and scores it: SmolLM2 by perplexity over 40 windows of 512 tokens of two texts (as
benchmarks/perplexity.py), MiniLM by the cosine of its embeddings to those of the float
model, networks for images and keywords by the points of accuracy they lose. Calibration
uses data that is not scored. A row whose limit is missed is marked, and the exit code
is 1. `same bits` are the levels of the machine that give the bits of one result; with
--simulate the simulated GPU, too, and `bits of products` are those that have the bits of
the interpreter: see bits.py.

Finished rows are kept in --results and not measured again, so that a run can be cut
off; rows with GPTQ take minutes each. --again measures the chosen rows anew, and --table
prints those that are kept.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from compiling import CompileError
from rows import FIGURES, ROWS, Row

PRODUCTS = "bits of products"


def load_kinds() -> dict[str, type]:
    """What measures rows; it needs the compiler's Python module."""
    from images import Images
    from language import Language
    from sentences import Sentences

    return {"language": Language, "sentences": Sentences, "images": Images}


def verdict(row: Row, result: dict[str, object]) -> str:
    figure = result.get(FIGURES[row.kind])
    if figure is None or (row.most is None and row.least is None):
        return ""
    if row.most is not None:
        return f"{'ok' if figure <= row.most else 'MISSED'}, at most {row.most}"
    return f"{'ok' if figure >= row.least else 'MISSED'}, at least {row.least}"


def table(rows: list[Row], results: dict[str, dict[str, object]]) -> str:
    lines = []
    for kind in FIGURES:
        chosen = [row for row in rows if row.kind == kind and row.title in results]
        columns = list(dict.fromkeys(key for row in chosen for key in results[row.title] if key != "recipe"))
        if not chosen:
            continue
        lines += ["", "| row | " + " | ".join(columns) + " | limit |", "|---" * (len(columns) + 2) + "|"]
        for row in chosen:
            result = results[row.title]
            cells = [str(result.get(column, "")) for column in columns]
            lines.append(f"| {row.title} | " + " | ".join(cells) + f" | {verdict(row, result)} |")
    return "\n".join(lines).strip()


# Of a machine on which other programs may have run: not what the table is for.
COSTS = ("compiling, s", "compiling, GB")


def print_kept(rows: list[Row], options: argparse.Namespace) -> None:
    """The table of kept rows whose recipe is still that of rows.py."""
    kept = json.loads(options.results.read_text(encoding="utf-8"))[f"{options.tokens} tokens"]
    old = [row.title for row in rows if row.title in kept and kept[row.title]["recipe"] != row.recipe]
    if old:
        sys.exit(f"quality: the recipe of '{old[0]}' has changed since it was measured")
    results = {title: {k: v for k, v in row.items() if k not in COSTS} for title, row in kept.items()}
    print(table(rows, results))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks/quality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=Path, default=Path("models-built"), help="what scripts/models/make built")
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder with models and data")
    parser.add_argument("--quantc", type=Path, default=Path("build/release/bin/quantc"))
    parser.add_argument("--rows", default="", help="regular expression of titles")
    parser.add_argument("--tokens", type=int, default=20480, help="length of each text that is scored")
    parser.add_argument("--results", type=Path, default=Path("build/quality.json"))
    parser.add_argument("--again", action="store_true", help="measure rows that --results holds")
    parser.add_argument("--simulate", action="store_true", help="compare logits with the simulated GPU, too")
    parser.add_argument("--table", action="store_true", help="print what --results holds, and stop")
    parser.add_argument("--list", action="store_true", help="print titles and recipes, and stop")
    return parser.parse_args()


def main() -> None:
    options = parse()
    rows = [row for row in ROWS if re.search(options.rows, row.title)]
    if not rows:
        sys.exit(f"quality: no row matches '{options.rows}'")
    if options.list:
        for row in rows:
            print(f"{row.title}\n{'  ' + row.recipe.strip().replace(chr(10), chr(10) + '  ')}")
        return
    if options.table:
        print_kept(rows, options)
        return
    options.results.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(options.results.read_text(encoding="utf-8")) if options.results.exists() else {}
    key = f"{options.tokens} tokens"
    results = kept.setdefault(key, {})
    classes, kinds, failed = load_kinds(), {}, False
    with tempfile.TemporaryDirectory() as scratch:
        options.scratch = Path(scratch)
        for number, row in enumerate(rows):
            known = results.get(row.title, {})
            if known.get("recipe") != row.recipe or options.again:
                known = {}
            if PRODUCTS in known or (known and not options.simulate):
                continue
            print(f"[{number + 1}/{len(rows)}] {row.title} ...", file=sys.stderr, flush=True)
            if row.kind not in kinds:
                kinds[row.kind] = classes[row.kind](options)
            kind = kinds[row.kind]
            try:
                measured = known or kind.measure(row, options.scratch / f"row{number}")
                if options.simulate:
                    measured[PRODUCTS] = kind.products(row)
            except CompileError as error:
                measured = {"error": str(error)}
                failed = True
            results[row.title] = {"recipe": row.recipe, **measured}
            options.results.write_text(json.dumps(kept, indent=2), encoding="utf-8")
            for file in options.scratch.glob(f"row{number}*"):
                file.unlink()
    chosen = {row.title: results[row.title] for row in rows}
    print(table(rows, chosen))
    sys.exit(failed or any("MISSED" in verdict(row, chosen[row.title]) for row in rows))


if __name__ == "__main__":
    main()
