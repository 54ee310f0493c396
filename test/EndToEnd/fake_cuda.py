# libcuda.so.1 without a GPU: FakeDriver.c, FakeThreads.c and the kernels of a model,
# compiled for the CPU from the code that PTX is made of.

import re
import subprocess
import sys

MMA = "llvm.nvvm.mma.m16n8k32.row.col.u8.s8"
# NVVM's registers and operations, and what FakeThreads.c has for them. Those from `TOGETHER`
# on are waited at.
REPLACED = {
    "llvm.nvvm.read.ptx.sreg.ctaid.x": "fake_ctaid", "llvm.nvvm.read.ptx.sreg.tid.x": "fake_tid",
    "llvm.nvvm.read.ptx.sreg.ntid.x": "fake_ntid", "llvm.nvvm.idp4a.u.s": "fake_dot",
    "llvm.nvvm.shfl.sync.bfly.i32": "fake_shuffle_xor", "llvm.nvvm.shfl.sync.idx.i32": "fake_shuffle_index",
    "llvm.nvvm.barrier.cta.sync.aligned.all": "fake_barrier", MMA: "mma_by_words",
}  # fmt: skip
TOGETHER = list(REPLACED.values())[4:]
# The product of a warp gives a structure, which is no type of C.
MMA_BY_WORDS = f"""
declare void @fake_mma(ptr, ptr)
define internal {{ i32, i32, i32, i32 }} @mma_by_words({", ".join(f"i32 %a{i}" for i in range(10))}) noinline {{
  %words = alloca [10 x i32]
  %result = alloca {{ i32, i32, i32, i32 }}
""" + "".join(
    f"  %p{i} = getelementptr i32, ptr %words, i32 {i}\n  store i32 %a{i}, ptr %p{i}\n" for i in range(10)
) + """  call void @fake_mma(ptr %result, ptr %words)
  %r = load { i32, i32, i32, i32 }, ptr %result
  ret { i32, i32, i32, i32 } %r
}
"""

def tool(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stderr[:4000]}")
    return result.stdout


def on_cpu(text):
    """LLVM IR for a GPU as it runs with FakeThreads.c."""
    lines = []
    for line in text.splitlines():
        name = next((name for name in REPLACED if f"@{name}(" in line), None)
        if name == MMA and line.startswith("declare"):
            continue
        if name and line.startswith("declare"):
            # Nothing is promised of it.
            line = re.sub(r"\) #\d+$", ")", line)
        lines.append(line.replace(f"@{name}(", f"@{REPLACED[name]}(") if name else line)
    return "\n".join(lines) + MMA_BY_WORDS


def build_driver(sources, device_ir, folder):
    """libcuda.so.1 of the fakes and the kernels of `device_ir`."""
    text = on_cpu(tool("mlir-translate", "--mlir-to-llvmir", device_ir))
    (folder / "kernels.ll").write_text(text, encoding="utf-8")
    calls, entries = [], []
    for name, parameters, body in re.findall(r"^define void @(\w+)\((.*?)\).*?\{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL):
        count = parameters.count("%")
        words = ", ".join(f"*(int64_t *)a[{i}]" for i in range(count))
        calls.append(f"void {name}({', '.join(['int64_t'] * count)});\nstatic void call_{name}(void **a) {{ {name}({words}); }}\n")
        waits = any(f"@{function}(" in body for function in TOGETHER)
        entries.append(f'{{"{name}", call_{name}, {count}, {int(waits)}}}')
    table = f"const kernel_entry fake_kernels[] = {{{', '.join(entries)}}};\nconst int fake_num_kernels = {len(entries)};\n"
    (folder / "table.c").write_text('#include "FakeThreads.h"\n' + "".join(calls) + table, encoding="utf-8")
    tool(
        "clang", "-O1", "-march=native", "-ffp-contract=off", "-shared", "-fPIC", "-Wno-override-module", f"-I{sources}",
        folder / "kernels.ll", folder / "table.c", sources / "FakeDriver.c", sources / "FakeThreads.c",
        "-o", folder / "libcuda.so.1", "-lm",
    )  # fmt: skip
    if not any(entry.endswith("1}") for entry in entries):
        sys.exit("no kernel has threads that work together")
