# Makes files and models that refer to them in ways that are not allowed.
# hostile_files.py FOLDER, which holds `template` and `good`.
# Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import os
import sys
from pathlib import Path

root = Path(sys.argv[1])
folder = root / "in"
(folder / "sub").mkdir(parents=True)
(root / "out").mkdir()
(folder / "good.bin").write_bytes(bytes(96))
(root / "secret.bin").write_bytes(bytes(96))
(root / "out" / "secret.bin").write_bytes(bytes(96))
(folder / "hard.bin").write_bytes(bytes(96))
os.link(folder / "hard.bin", folder / "hard2.bin")
os.symlink(folder / "good.bin", folder / "link.bin")
os.symlink(root / "out", folder / "away")

references = {
    "absolute": '"location": "/etc/passwd"',
    "outside": '"location": "../secret.bin"',
    "folder": '"location": "sub"',
    "symlink": '"location": "link.bin"',
    "component": '"location": "away/secret.bin"',
    "hardlink": '"location": "hard.bin"',
    "missing": '"location": "none.bin"',
    "offset": '"location": "good.bin", "offset": "18446744073709551610"',
    "number": '"location": "good.bin", "offset": "-4"',
    "length": '"location": "good.bin", "length": "16"',
    "key": '"location": "good.bin", "colour": "red"',
    "nowhere": '"offset": "0"',
}
template = (root / "template").read_text()
for name, reference in references.items():
    (folder / f"{name}.onnxtxt").write_text(template.replace("REFERENCE", reference))
(folder / "good.onnxtxt").write_text((root / "good").read_text())
