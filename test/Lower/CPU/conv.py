# Executes kern.conv and kern.depthwise_conv on every level that the machine has
# and compares with the definition bit for bit.

import sys
from typing import NamedTuple

import numpy as np
import reference
from harness import Kernel, aligned, levels, memref, module, on_line, panels_codes, panels_f32


class Case(NamedTuple):
    image: tuple[int, int, int, int]
    outputs: int
    kernel: tuple[int, int] = (3, 3)
    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (1, 1, 1, 1)
    dilations: tuple[int, int] = (1, 1)
    relu: bool = False

    def out_size(self) -> tuple[int, int]:
        padded = self.image[1] + self.pads[0] + self.pads[2], self.image[2] + self.pads[1] + self.pads[3]
        reach = [(k - 1) * d + 1 for k, d in zip(self.kernel, self.dilations)]
        return tuple((size - r) // s + 1 for size, r, s in zip(padded, reach, self.strides))

    def attributes(self) -> str:
        lists = {"kernel_size": self.kernel, "strides": self.strides, "pads": self.pads, "dilations": self.dilations}
        text = [f"{name} = array<i64: {', '.join(map(str, values))}>" for name, values in lists.items()]
        return ", ".join([*text, "has_bias"] + ['activation = "relu"'] * self.relu)

    def patches(self, x: np.ndarray, fill: float) -> np.ndarray:
        """[pixels, KH, KW, C] that the output pixels read."""
        top, left, bottom, right = self.pads
        padded = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=fill)
        rows, columns = self.out_size()
        taps = [
            padded[:, kh * self.dilations[0] :, kw * self.dilations[1] :][:, :: self.strides[0], :: self.strides[1]][:, :rows, :columns]
            for kh in range(self.kernel[0])
            for kw in range(self.kernel[1])
        ]
        return np.stack(taps, axis=3).reshape(-1, *self.kernel, x.shape[3])


CASES = [
    Case((2, 9, 11, 16), 16, relu=True),
    Case((1, 8, 7, 3), 20, (3, 3), (2, 2), (0, 1, 1, 0)),
    Case((1, 6, 5, 64), 33, (1, 1), (1, 1), (0, 0, 0, 0)),
    Case((1, 13, 9, 8), 18, (3, 2), (1, 2), (2, 1, 2, 1), (2, 1)),
    Case((1, 7, 7, 5), 16, (2, 3), (1, 1), (0, 2, 1, 2), (1, 2), True),
]


def finish(case: Case, name: str, text: str, arrays: list[np.ndarray], expected: np.ndarray) -> None:
    out = aligned((case.image[0], *case.out_size(), expected.shape[-1]), np.float32)
    expected = (np.maximum(expected, 0) if case.relu else expected).reshape(out.shape)
    for level in levels():
        out[...] = np.nan
        Kernel(text, level)(*arrays, out)
        if not np.array_equal(out, expected):
            bad = np.argwhere(out != expected)
            sys.exit(f"{name} {case} {level}: {len(bad)} differ, first at {bad[0]}: {out[tuple(bad[0])]} != {expected[tuple(bad[0])]}")


def out_type(case: Case, channels: int) -> str:
    rows, columns = case.out_size()
    return f"memref<?x{rows}x{columns}x{channels}xf32>"


def conv_f32(case: Case, rng: np.random.Generator) -> None:
    x = on_line(rng.standard_normal(case.image, dtype=np.float32))
    patches = case.patches(x, 0)
    w = rng.standard_normal((case.outputs, patches[0].size), dtype=np.float32)
    bias = on_line(rng.standard_normal(case.outputs, dtype=np.float32))
    packed = panels_f32(w)
    text = module("conv", "conv.f32", [memref(x, (0,)), memref(packed), memref(bias)], [out_type(case, case.outputs)], case.attributes())
    finish(case, "conv.f32", text, [x, packed, bias], reference.matmul_f32(patches.reshape(len(patches), -1), w, bias))


def grouped_f32(case: Case, groups: int, rng: np.random.Generator) -> None:
    """conv.f32 with groups: a convolution for each, side by side."""
    x = on_line(rng.standard_normal(case.image, dtype=np.float32))
    patches = case.patches(x, 0)
    depth, outputs = case.image[3] // groups, case.outputs // groups
    w = rng.standard_normal((case.outputs, patches[0].size // groups), dtype=np.float32)
    bias = on_line(rng.standard_normal(case.outputs, dtype=np.float32))
    packed, parts = [], []
    for g in range(groups):
        rows, part = slice(g * outputs, (g + 1) * outputs), patches[..., g * depth : (g + 1) * depth]
        packed.append(panels_f32(w[rows]))
        parts.append(reference.matmul_f32(part.reshape(len(patches), -1), w[rows], bias[rows]))
    arrays = [x, on_line(np.stack(packed)), bias]
    attributes = f"{case.attributes()}, groups = {groups} : i64"
    text = module("conv", "conv.f32", [memref(x, (0,)), *map(memref, arrays[1:])], [out_type(case, case.outputs)], attributes)
    finish(case, f"conv.f32, {groups} groups", text, arrays, np.concatenate(parts, axis=1))


class Filter(NamedTuple):
    """Codes of a packed filter; zero points for each group, or half of the range."""

    bits: int
    group: int = 0  # 0: all columns
    zeros: bool = False


FILTERS = [Filter(8), Filter(3), Filter(2, 32, True), Filter(4, 16, True), Filter(8, 24)]


class Packed:
    """A random filter [N, K]: operands, attributes, and what it stands for."""

    def __init__(self, scheme: Filter, n: int, k: int, rng: np.random.Generator) -> None:
        self.group = scheme.group or k
        groups, top = -(-k // self.group), 2**scheme.bits
        self.codes = rng.integers(0, top, (n, k), dtype=np.uint8)
        self.codes[0] = top - 1
        self.zeros = np.full((n, groups), top // 2, np.uint8)
        self.scales = rng.uniform(0.001, 0.1, (n, groups)).astype(np.float32)
        if scheme.zeros:
            self.zeros = rng.integers(0, top, (n, groups), dtype=np.uint8)
        padding = 0 if scheme.zeros else top // 2
        self.operands = [panels_codes(self.codes, scheme.bits, padding), groups_in_panels(self.scales)]
        self.operands += [groups_in_panels(self.zeros)] * scheme.zeros
        self.attributes = f"bits = {scheme.bits} : i64, group_size = {self.group} : i64" + ", has_zero_points" * scheme.zeros


def groups_in_panels(values: np.ndarray) -> np.ndarray:
    """[N, G] -> [ceil(N/16), G, 16]."""
    n, groups = values.shape
    full = np.zeros((-(-n // 16) * 16, groups), values.dtype)
    full[:n] = values
    return on_line(np.ascontiguousarray(full.reshape(-1, 16, groups).transpose(0, 2, 1)))


def packed_conv(case: Case, scheme: Filter, zero: int | None, rng: np.random.Generator) -> None:
    """conv.a8 with the zero point `zero`, or conv.a16."""
    kernel = "conv.a16" if zero is None else "conv.a8"
    scale, attributes, x = np.float32(1), case.attributes(), rng.standard_normal(case.image, dtype=np.float32)
    if zero is not None:
        scale, x = np.float32(0.05), rng.integers(-128, 128, case.image, dtype=np.int8)
        attributes += f", input_scale = {scale} : f32, input_zero_point = {zero} : i64"
    patches = case.patches(x, zero or 0).reshape(-1, case.kernel[0] * case.kernel[1] * case.image[3])
    w = Packed(scheme, case.outputs, patches.shape[1], rng)
    bias = on_line(rng.standard_normal(case.outputs, dtype=np.float32))
    arrays = [on_line(x), *w.operands, bias]
    text = module("conv", kernel, [memref(x, (0,)), *map(memref, arrays[1:])], [out_type(case, case.outputs)], f"{attributes}, {w.attributes}")
    if zero is None:
        expected = reference.matmul_a16(patches, w.codes, w.scales, w.zeros, w.group, bias)
    else:
        centred, scales = patches.astype(np.int64) - zero, np.full(len(patches), scale)
        expected = reference.matmul_a8(centred, scales, w.codes, w.scales, w.zeros, w.group, bias)
    finish(case, f"{kernel} {scheme}", text, arrays, expected)


def packed_depthwise(case: Case, scheme: Filter, zero: int | None, rng: np.random.Generator) -> None:
    """depthwise_conv.a8 with the zero point `zero`, or depthwise_conv.a16."""
    kernel = "depthwise_conv.a16" if zero is None else "depthwise_conv.a8"
    scale, attributes, x = np.float32(1), case.attributes(), rng.standard_normal(case.image, dtype=np.float32)
    if zero is not None:
        scale, x = np.float32(0.05), rng.integers(-128, 128, case.image, dtype=np.int8)
        attributes += f", input_scale = {scale} : f32, input_zero_point = {zero} : i64"
    channels, taps = case.image[3], case.kernel[0] * case.kernel[1]
    patches = case.patches(x, zero or 0).reshape(-1, taps, channels)
    w = Packed(scheme._replace(group=0), channels, taps, rng)
    bias = on_line(rng.standard_normal(channels, dtype=np.float32))
    arrays = [on_line(x), *w.operands, bias]
    text = module("depthwise_conv", kernel, [memref(x, (0,)), *map(memref, arrays[1:])], [out_type(case, channels)], f"{attributes}, {w.attributes}")
    steps = w.codes.T.astype(np.int64) - w.zeros.T
    total = np.zeros((len(patches), channels), np.float32)
    if zero is None:
        for tap in range(taps):
            total = reference.fma(patches[:, tap], steps[tap].astype(np.float32), total)
    else:
        total = ((patches.astype(np.int64) - zero) * steps).sum(axis=1).astype(np.float32)
    total = reference.fma(total, w.scales.T, np.zeros_like(total)) * scale
    finish(case, f"{kernel} {scheme}", text, arrays, total + bias)


def depthwise(case: Case, rng: np.random.Generator) -> None:
    x = on_line(rng.standard_normal(case.image, dtype=np.float32))
    channels = case.image[3]
    w = on_line(rng.standard_normal((*case.kernel, channels), dtype=np.float32))
    bias = on_line(rng.standard_normal(channels, dtype=np.float32))
    patches = case.patches(x, 0)
    total = np.zeros((len(patches), channels), np.float32)
    for kh in range(case.kernel[0]):
        for kw in range(case.kernel[1]):
            total = reference.fma(patches[:, kh, kw], w[kh, kw], total)
    arrays = [x, w, bias]
    text = module("depthwise_conv", "depthwise_conv.f32", [memref(x, (0,)), memref(w), memref(bias)], [out_type(case, channels)], case.attributes())
    finish(case, "depthwise_conv.f32", text, arrays, total + bias)


GROUPED = [
    (Case((2, 9, 11, 16), 8, relu=True), 4),
    (Case((1, 6, 5, 3), 60, (3, 2), (2, 1), (0, 1, 1, 0)), 3),
    (Case((1, 5, 4, 8), 36, (1, 1), (1, 1), (0, 0, 0, 0)), 2),
]


PROGRAMS = {
    "conv.f32": lambda case, scheme, zero, rng: conv_f32(case, rng),
    "conv.a16": lambda case, scheme, zero, rng: packed_conv(case, scheme, None, rng),
    "conv.a8": packed_conv,
    "depthwise_conv.f32": lambda case, scheme, zero, rng: depthwise(case, rng),
    "depthwise_conv.a16": lambda case, scheme, zero, rng: packed_depthwise(case, scheme, None, rng),
    "depthwise_conv.a8": packed_depthwise,
}


def main() -> None:
    rng = np.random.default_rng(11)
    for kernel in sys.argv[1:]:
        for number, case in enumerate(CASES):
            PROGRAMS[kernel](case, FILTERS[number], (0, -128, 17)[number % 3], rng)
        if kernel == "conv.f32":
            for case, groups in GROUPED:
                grouped_f32(case, groups, rng)
        if kernel == "conv.a8":
            packed_conv(CASES[1], Filter(8), 17, rng)
        print(kernel, "ok")


if __name__ == "__main__":
    main()
