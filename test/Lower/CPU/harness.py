# Runs generated CPU kernels from Python: MLIR text with kern operations on
# buffers -> loops -> LLVM IR -> shared object -> call with NumPy arrays. For
# tests of single kernels; whole models go through quantc.

import ctypes
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

PASSES = [
    "--canonicalize", "--cse", "--convert-scf-to-openmp", "--expand-strided-metadata",
    "--lower-affine", "--convert-vector-to-llvm", "--finalize-memref-to-llvm",
    "--convert-scf-to-cf", "--convert-math-to-llvm", "--convert-arith-to-llvm",
    "--convert-func-to-llvm", "--convert-cf-to-llvm", "--convert-openmp-to-llvm",
    "--reconcile-unrealized-casts",
]  # fmt: skip
MACHINES = {"generic": "x86-64", "v3": "x86-64-v3", "v4": "x86-64-v4"}
TYPES = {"float16": "f16", "float32": "f32", "int8": "i8", "uint8": "i8", "int32": "i32", "int64": "i64"}


# What vpdpbusd does, for machines without it: their code for level v4 differs
# from the real one in this instruction and in vector widths only.
VPDPBUSD = "llvm.x86.avx512.vpdpbusd.512"
VPDPBUSD_BODY = """
define internal <16 x i32> @portable_vpdpbusd(<16 x i32> %acc, <64 x i8> %u, <64 x i8> %s) noinline {
  %a = zext <64 x i8> %u to <64 x i32>
  %b = sext <64 x i8> %s to <64 x i32>
  %p = mul <64 x i32> %a, %b
""" + "".join(
    f"  %p{i} = shufflevector <64 x i32> %p, <64 x i32> poison, <16 x i32> <{', '.join(f'i32 {4 * n + i}' for n in range(16))}>\n"
    for i in range(4)
) + """  %s0 = add <16 x i32> %p0, %p1
  %s1 = add <16 x i32> %p2, %p3
  %s2 = add <16 x i32> %s0, %s1
  %r = add <16 x i32> %acc, %s2
  ret <16 x i32> %r
}
"""



def look_up(name: str, lanes: int, element: str, index: str, rows: int) -> str:
    """A function that looks every lane up in the table of `rows` lanes around it."""
    text, result = f"define internal <{lanes} x {element}> @{name}(<{lanes} x {element}> %t, <{lanes} x {index}> %i) noinline {{\n", "poison"
    for lane in range(lanes):
        text += f"  %i{lane} = extractelement <{lanes} x {index}> %i, i32 {lane}\n  %m{lane} = and {index} %i{lane}, {rows - 1}\n"
        text += f"  %a{lane} = or {index} %m{lane}, {lane // rows * rows}\n"
        text += f"  %e{lane} = extractelement <{lanes} x {element}> %t, {index} %a{lane}\n"
        text += f"  %r{lane} = insertelement <{lanes} x {element}> {result}, {element} %e{lane}, i32 {lane}\n"
        result = f"%r{lane}"
    return text + f"  ret <{lanes} x {element}> {result}\n}}\n"


# What vpermps and vpshufb do with indices that have no bit 7, in the same way.
PERMPS, PSHUFB = "llvm.x86.avx512.permvar.sf.512", "llvm.x86.avx512.pshuf.b.512"
STAND_INS = {
    VPDPBUSD: ("portable_vpdpbusd", VPDPBUSD_BODY),
    PERMPS: ("portable_permps", look_up("portable_permps", 16, "float", "i32", 16)),
    PSHUFB: ("portable_pshufb", look_up("portable_pshufb", 64, "i8", "i8", 16)),
}


def cpu_flags() -> set[str]:
    return set(next(line for line in open("/proc/cpuinfo") if line.startswith("flags")).split())


def has_avx512() -> bool:
    return {"avx512f", "avx512bw", "avx512vl", "avx512_vnni"} <= cpu_flags()


def levels() -> list[str]:
    """The levels whose code this machine can run, v4 with a stand-in for vpdpbusd
    where it has to."""
    return ["generic", "v3", "v4"] if {"avx2", "fma"} <= cpu_flags() else ["generic"]


# GPU kernels that this machine runs, the first or the last thread first.
GRIDS = {"sim": "forward", "sim-backward": "backward"}


def loop_passes(level: str) -> list[str]:
    """What makes loops of kernels."""
    if level not in GRIDS:
        return [f"--lower-cpu-kernels=level={level}"]
    return [
        "--lower-cpu-kernels=level=device", "--canonicalize", "--cse", "--lower-gpu-kernels", "--canonicalize", "--cse",
        f"--simulate-gpu-grid=order={GRIDS[level]}", "--convert-vector-to-scf", "--arith-expand",
    ]  # fmt: skip


def called(text: str) -> str:
    """The module with its functions called by entries, as GPU kernels are."""

    def apart(match: re.Match) -> str:
        name, parameters, body = match.groups()
        operands, types = zip(*(part.split(": ", 1) for part in re.split(r",\s+%", parameters)))
        operands = ", ".join("%" + operand.lstrip("%") for operand in operands)
        return f"""func.func private @called_{name}({parameters}) {body}
func.func @{name}({parameters}) attributes {{llvm.emit_c_interface}} {{
  call @called_{name}({operands}) : ({", ".join(types)}) -> ()
  return
}}"""

    return re.sub(r"func\.func @(\w+)\(([^{]*)\) attributes {llvm\.emit_c_interface} ({\n.*?\n})", apart, text, flags=re.DOTALL)


def machine_of(level: str) -> str:
    """The level of x86 whose code this machine runs for that level."""
    machine = levels()[-1] if level in GRIDS else level
    return "v3" if machine == "v4" and not has_avx512() else machine


def tool(*command: object) -> None:
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stderr[:4000]}")


def lower(text: str, level: str, folder: Path, passes: list[str] | None = None) -> Path:
    """LLVM IR of a module, in `folder`, by `passes` or those that make loops of kernels."""
    (folder / "in.mlir").write_text(called(text) if level in GRIDS else text, encoding="utf-8")
    tool("quant-opt", folder / "in.mlir", *(passes or loop_passes(level)), *PASSES, "-o", folder / "llvm.mlir")
    tool("mlir-translate", "--mlir-to-llvmir", folder / "llvm.mlir", "-o", folder / "kernel.ll")
    return folder / "kernel.ll"


def machine_flags(level: str) -> list[str]:
    return [f"-march={MACHINES[level]}"] + (["-mavx512vnni", "-mprefer-vector-width=512"] if level == "v4" else [])


def replace_vnni(source: Path) -> None:
    """Makes code for level v4 run on x86-64-v3."""
    text = source.read_text(encoding="utf-8")
    for name, (stand_in, body) in STAND_INS.items():
        kept = [line for line in text.splitlines() if not (line.startswith("declare") and name in line)]
        text = "\n".join(kept).replace(f"@{name}", f"@{stand_in}") + body
    source.write_text(text, encoding="utf-8")


class Kernel:
    """The function @k of a module whose attribute is llvm.emit_c_interface."""

    def __init__(self, text: str, level: str, passes: list[str] | None = None, c_source: str = ""):
        """`c_source` is compiled with the kernel: what it calls outside."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            source = lower(text, level, folder, passes)
            if level == "v4" and not has_avx512():
                replace_vnni(source)
            extra = folder / "extra.c"
            extra.write_text(c_source, encoding="utf-8")
            tool(
                "clang", "-O2", *machine_flags(machine_of(level)), "-fopenmp", "-shared", "-fPIC", "-Wno-override-module",
                source, extra, "-o", folder / "k.so", "-L/usr/lib/llvm-22/lib", "-Wl,-rpath,/usr/lib/llvm-22/lib", "-lm",
            )  # fmt: skip
            self.library = ctypes.CDLL(str(folder / "k.so"))
        self.function = self.library._mlir_ciface_k

    def __call__(self, *arrays: np.ndarray) -> None:
        self.bind(*arrays)()

    def bind(self, *arrays: np.ndarray) -> Callable[[], None]:
        """A call with these arrays that costs nothing else; they must live on."""
        descriptors = [descriptor(array) for array in arrays]
        pointers = [ctypes.byref(value) for value in descriptors]
        return lambda: self.function(*pointers)


def descriptor(array: np.ndarray) -> ctypes.Structure:
    """The MLIR descriptor of an array: pointer twice, offset, sizes, strides."""
    rank = array.ndim
    fields = [("base", ctypes.c_void_p), ("data", ctypes.c_void_p), ("offset", ctypes.c_int64)]
    if rank:
        fields += [("sizes", ctypes.c_int64 * rank), ("strides", ctypes.c_int64 * rank)]
    kind = type("MemRef", (ctypes.Structure,), {"_fields_": fields})
    value = kind(array.ctypes.data, array.ctypes.data, 0)
    if rank:
        value.sizes[:] = array.shape
        value.strides[:] = [stride // array.itemsize for stride in array.strides]
    return value


def memref(array: np.ndarray, dynamic: tuple[int, ...] = ()) -> str:
    """The type of a buffer like `array`, with the named dimensions dynamic."""
    sizes = ["?" if d in dynamic else str(n) for d, n in enumerate(array.shape)]
    return f"memref<{'x'.join([*sizes, TYPES[str(array.dtype)]])}>"


def module(op: str, kernel: str, inputs: list[str], outputs: list[str], attributes: str = "") -> str:
    """A module with one kernel; operands are given by their types."""
    names = [f"%a{i}" for i in range(len(inputs))]
    results = [f"%r{i}" for i in range(len(outputs))]
    arguments = ", ".join(f"{n}: {t}" for n, t in zip(names + results, inputs + outputs))
    return f"""func.func @k({arguments}) attributes {{llvm.emit_c_interface}} {{
  kern.{op} "{kernel}" ins({', '.join(names)} : {', '.join(inputs)})
      outs({', '.join(results)} : {', '.join(outputs)}) {{{attributes}}}
  return
}}
"""


def aligned(shape: tuple[int, ...], dtype: object) -> np.ndarray:
    """Zeros that start on a cache line."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(dtype).reshape(shape)


def on_line(array: np.ndarray) -> np.ndarray:
    result = aligned(array.shape, array.dtype)
    result[...] = array
    return result


def panels_f32(weight: np.ndarray) -> np.ndarray:
    """[N, K] -> [ceil(N/16), K, 16], zeros behind N."""
    n, k = weight.shape
    packed = aligned((-(-n // 16), k, 16), np.float32)
    for panel in range(packed.shape[0]):
        rows = weight[panel * 16 : panel * 16 + 16]
        packed[panel, :, : len(rows)] = rows.T
    return packed


def panels_codes(codes: np.ndarray, bits: int, padding: int) -> np.ndarray:
    """Codes [N, K] -> lines [ceil(N/16), L, 64] of uint8, or 192 for 3 bits."""
    n, k = codes.shape
    if bits == 3:
        # Two lines of the lower bits and one of the upper ones are one line.
        k = -(-k // 32) * 32
        full = np.full((n, k), padding, np.uint8)
        full[:, : codes.shape[1]] = codes
        two, one = panels_codes(full & 3, 2, padding & 3), panels_codes(full >> 2, 1, padding >> 2)
        packed = aligned((*one.shape[:2], 192), np.uint8)
        packed[...] = np.concatenate([two.reshape(*one.shape[:2], 128), one], axis=2)
        return packed
    columns = 32 // bits
    lines, panels = -(-k // columns), -(-n // 16)
    full = np.full((panels * 16, lines * columns), padding, np.uint8)
    full[:n, :k] = codes
    # channel n, column 4 j + i of a line: byte n * 4 + i, bits j * bits
    parts = full.reshape(panels, 16, lines, 8 // bits, 4)
    packed = aligned((panels, lines, 64), np.uint8)
    for plane in range(8 // bits):
        packed |= (parts[:, :, :, plane].transpose(0, 2, 1, 3).reshape(panels, lines, 64) << (plane * bits)).astype(np.uint8)
    return packed
