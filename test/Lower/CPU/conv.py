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


def conv_a8(case: Case, zero: int, rng: np.random.Generator) -> None:
    x = on_line(rng.integers(-128, 128, case.image, dtype=np.int8))
    patches = case.patches(x, zero).reshape(-1, case.kernel[0] * case.kernel[1] * case.image[3])
    codes = rng.integers(0, 256, (case.outputs, patches.shape[1]), dtype=np.uint8)
    codes[0] = 255
    scales = on_line(np.zeros((-(-case.outputs // 16), 1, 16), np.float32))
    scales.ravel()[: case.outputs] = rng.uniform(0.001, 0.1, case.outputs)
    bias = on_line(rng.standard_normal(case.outputs, dtype=np.float32))
    packed, scale = panels_codes(codes, 8, 128), np.float32(0.05)
    arrays = [x, packed, scales, bias]
    attributes = f"{case.attributes()}, bits = 8 : i64, input_scale = {scale} : f32, input_zero_point = {zero} : i64"
    text = module("conv", "conv.a8", [memref(x, (0,)), *map(memref, arrays[1:])], [out_type(case, case.outputs)], attributes)
    sums = (patches.astype(np.int64) - zero) @ (codes.astype(np.int64) - 128).T
    total = reference.fma(sums.astype(np.float32), scales.ravel()[None, : case.outputs], np.zeros(sums.shape, np.float32))
    finish(case, "conv.a8", text, arrays, total * scale + bias)


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


def depthwise_a8(case: Case, zero: int, rng: np.random.Generator) -> None:
    x = on_line(rng.integers(-128, 128, case.image, dtype=np.int8))
    channels, taps = case.image[3], case.kernel[0] * case.kernel[1]
    patches = case.patches(x, zero).reshape(-1, taps, channels)
    codes = rng.integers(0, 256, (channels, taps), dtype=np.uint8)
    codes[0] = 255
    scales = on_line(np.zeros((-(-channels // 16), 1, 16), np.float32))
    scales.ravel()[:channels] = rng.uniform(0.001, 0.1, channels)
    bias = on_line(rng.standard_normal(channels, dtype=np.float32))
    scale = np.float32(0.05)
    arrays = [x, panels_codes(codes, 8, 128), scales, bias]
    attributes = f"{case.attributes()}, bits = 8 : i64, input_scale = {scale} : f32, input_zero_point = {zero} : i64"
    text = module("depthwise_conv", "depthwise_conv.a8", [memref(x, (0,)), *map(memref, arrays[1:])], [out_type(case, channels)], attributes)
    sums = ((patches.astype(np.int64) - zero) * (codes.T.astype(np.int64) - 128)).sum(axis=1)
    total = reference.fma(sums.astype(np.float32), scales.ravel()[None, :channels], np.zeros(sums.shape, np.float32))
    finish(case, "depthwise_conv.a8", text, arrays, total * scale + bias)


def main() -> None:
    rng = np.random.default_rng(11)
    for number, case in enumerate(CASES):
        if "conv.f32" in sys.argv:
            conv_f32(case, rng)
        if "conv.a8" in sys.argv:
            conv_a8(case, (0, -128, 17)[number % 3], rng)
        if "depthwise_conv.f32" in sys.argv:
            depthwise(case, rng)
        if "depthwise_conv.a8" in sys.argv:
            depthwise_a8(case, (0, -128, 17)[number % 3], rng)


if __name__ == "__main__":
    main()
