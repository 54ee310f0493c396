#!/usr/bin/env python3
"""Samples for --calibrate from a text: windows of tokens, as input_ids.

    python benchmarks/token_windows.py models-built/smollm2/tokenizer.json \\
        ../shared/data/text/wiki.valid.raw -o samples.npz [--windows 16] [--window 512]

The windows follow each other from the middle of the text on, so that its beginning is
left for scoring.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tokenizer", help="tokenizer.json of the model")
    parser.add_argument("text", type=Path)
    parser.add_argument("-o", "--output", required=True, help=".npz that is written")
    parser.add_argument("--windows", type=int, default=16)
    parser.add_argument("--window", type=int, default=512)
    args = parser.parse_args()
    text = args.text.read_text(encoding="utf-8", errors="replace")
    ids = Tokenizer.from_file(args.tokenizer).encode(text, add_special_tokens=False).ids
    ids = ids[len(ids) // 2 :]
    wanted = args.windows * args.window
    if len(ids) < wanted:
        sys.exit(f"token_windows: the second half of '{args.text}' has {len(ids)} tokens, {wanted} are needed")
    np.savez(args.output, input_ids=np.array(ids[:wanted], np.int64).reshape(args.windows, args.window))


if __name__ == "__main__":
    main()
