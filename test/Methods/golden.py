# Computes the expected values of GoldenTest.cpp with NumPy float32, from the
# formulas in include/quantc/Methods/GroupScheme.h. Not run by the tests.
#
#   python golden.py
import numpy as np

F = np.float32
FP16_SMALLEST = F(2.0**-24)
FP32_SMALLEST = np.finfo(F).tiny


def weights(rows, cols):
    """Exact in fp32: an integer divided once."""
    r, c = np.mgrid[0:rows, 0:cols]
    return ((r * 37 + c * c * 101) % 509 - 254).astype(F) / F(97)


def grid(low, high, bits, symmetric, half):
    width = high if symmetric else high - low
    levels = F(2 ** (bits - 1) - 1 if symmetric else 2**bits - 1)
    if width == 0:
        scale = F(1)
    else:
        scale = width / levels
        if half:
            scale = max(F(np.float16(scale)), FP16_SMALLEST)
        else:
            scale = max(scale, FP32_SMALLEST)
    if symmetric:
        return scale, 2 ** (bits - 1)
    return scale, int(np.clip(np.rint(-low / scale), 0, levels))


def encode(group, scale, zero, bits):
    return np.clip(np.rint(group / scale).astype(int) + zero, 0, 2**bits - 1)


def error(group, codes, scale, zero):
    value = scale * (codes - zero).astype(F)
    squares = (group.astype(np.float64) - value.astype(np.float64)) ** 2
    total = np.float64(0)
    for lane in range(8):
        lane_sum = np.float64(0)
        for square in squares[lane::8]:
            lane_sum += square
        total += lane_sum
    return total


def quantize(w, bits, symmetric, group_size, half, search):
    codes, scales, zeros, kept = [], [], [], 0
    for row in w:
        for begin in range(0, len(row), group_size):
            group = row[begin : begin + group_size]
            low, high = min(F(0), group.min()), max(F(0), group.max())
            if symmetric:
                high = max(-low, high)
                low = -high
            best = None
            for step in range(80 if search else 1):
                factor = F(100 - step) / F(100)
                s, z = grid(factor * low, factor * high, bits, symmetric, half)
                q = encode(group, s, z, bits)
                e = error(group, q, s, z)
                if best is None or e < best[0]:
                    best = (e, q, s, z, step)
            codes += best[1].tolist()
            scales.append(best[2])
            zeros.append(best[3])
            kept += search and best[4] == 0
    return (
        np.array(codes, np.uint8),
        np.array(scales, F),
        np.array(zeros, np.uint8),
        kept,
    )


def checksum(data):
    """FNV-1a over little-endian 8-byte words."""
    data += bytes(-len(data) % 8)
    h = 0xCBF29CE484222325
    for word in np.frombuffer(data, "<u8"):
        h = ((h ^ int(word)) * 0x100000001B3) % 2**64
    return h


SMALL = weights(2, 10)
print("weights", SMALL.tolist())
for symmetric in (True, False):
    for half in (False, True):
        for search in (False, True):
            q, s, z, kept = quantize(SMALL, 4, symmetric, 4, half, search)
            bits = [f"0x{v:08x}" for v in s.view(np.uint32)]
            name = f"symmetric={symmetric} half={half} search={search}"
            print(name, q.tolist(), bits, z.tolist(), kept)

LARGE = weights(24, 576)
for bits in (1, 2, 3, 4, 8):
    for symmetric in (True, False):
        if symmetric and bits == 1:
            continue
        for half in (False, True):
            for search in (False, True):
                q, s, z, kept = quantize(LARGE, bits, symmetric, 128, half, search)
                total = checksum(q.tobytes() + s.tobytes() + z.tobytes())
                flags = ", ".join(str(v).lower() for v in (symmetric, half, search))
                print(f"{{{bits}, {flags}, {kept}, 0x{total:016x}}},")
