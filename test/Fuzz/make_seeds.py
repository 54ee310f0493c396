# Makes binary models out of the ONNX text of the importer's tests, as seeds of
# fuzz-import: make_seeds.py FOLDER
# Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import sys
from pathlib import Path

import onnx.parser

tests = Path(__file__).resolve().parent.parent / "Import"
folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
count = 0
for path in sorted(tests.rglob("*.onnxtxt")):
    # A file for split-file holds several models, each after a line "#--- NAME".
    for index, text in enumerate(path.read_text(encoding="utf-8").split("\n#---")):
        if "=>" not in text:
            continue
        if index:
            text = text.split("\n", 1)[1]
        try:
            model = onnx.parser.parse_model(text)
        except onnx.parser.ParseError:
            continue  # a test of the parser
        (folder / f"{path.stem}-{index}.onnx").write_bytes(model.SerializeToString())
        count += 1
print(f"{count} seeds in {folder}")
