# Rotary embedding in both pairings, with angles for each batch entry or for all.

import numpy as np

from kernels import check, noise, on_all_levels

TEXT = "".join(
    f"""
func.func @rope{width}_{angles}_{kind}(%x: memref<?x?x?x{width}xf32>, %c: memref<{lead}?x{half}xf32>,
    %s: memref<{lead}?x{half}xf32>, %y: memref<?x?x?x{width}xf32>) {{
  kern.rope "rope.f32" ins(%x, %c, %s : memref<?x?x?x{width}xf32>, memref<{lead}?x{half}xf32>, memref<{lead}?x{half}xf32>)
      outs(%y : memref<?x?x?x{width}xf32>) {{{attribute}}}
  return
}}
"""
    for width, half in ((64, 32), (8, 4), (38, 19), ("?", "?"))
    for angles, lead in (("each", "?x"), ("all", ""), ("one", "1x"))
    for kind, attribute in (("halves", ""), ("pairs", "interleaved"))
).replace("@rope?", "@ropeN")


def rotate(x, cos, sin, pairs):
    half = x.shape[-1] // 2
    a, b = (x[..., ::2], x[..., 1::2]) if pairs else (x[..., :half], x[..., half:])
    rotated = (a * cos - b * sin, b * cos + a * sin)
    return np.stack(rotated, -1).reshape(x.shape) if pairs else np.concatenate(rotated, -1)


def test(kernels):
    for width in (64, 8, 38, "N"):
        d = 10 if width == "N" else width
        x = noise(2, 3, 5, d)
        for angles, shape in (("each", (2, 5)), ("all", (5,)), ("one", (1, 5))):
            angle = noise(*shape, d // 2, seed=4)
            cos, sin = np.cos(angle), np.sin(angle)
            across = (c[:, None] if c.ndim == 3 else c for c in (cos, sin))
            across = list(across)
            for kind in ("halves", "pairs"):
                y = np.empty_like(x)
                getattr(kernels, f"rope{width}_{angles}_{kind}")(x, cos, sin, y)
                check(f"rope {width} {angles} {kind}", y, rotate(x, *across, kind == "pairs"), rtol=1e-5)
                yield y


on_all_levels(TEXT, test, grids=True)
