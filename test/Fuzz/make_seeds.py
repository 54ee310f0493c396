# Makes the seeds of import-fuzzer in Inputs/ out of the ONNX text of the
# importer's tests. Run it when operators were added.
# Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
from pathlib import Path

import onnx.parser

here = Path(__file__).resolve().parent
folder = here / "Inputs"
folder.mkdir(exist_ok=True)
for path in sorted((here.parent / "Import" / "Ops").glob("*.onnxtxt")):
    if not path.stem.endswith("-invalid"):
        model = onnx.parser.parse_model(path.read_text(encoding="utf-8"))
        (folder / f"{path.stem}.onnx").write_bytes(model.SerializeToString())
