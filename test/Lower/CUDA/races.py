# Runs kernels whose threads share memory, the first and the last thread first. Where they
# wait for each other as they must, both orders give what NumPy says; where a barrier is
# missing the orders give different results, so that the race is seen.

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "CPU"))

import numpy as np
from harness import Kernel, on_line

# Two warps: thread t hands x[t] on through shared memory and takes what thread `from` left.
# %h is x of the lane across, so that lanes wait for each other in between as well.
TEXT = """
module attributes {{gpu.container_module}} {{
  func.func @k(%x: memref<?xi32>, %y: memref<?xi32>) attributes {{llvm.emit_c_interface}} {{
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    %n = memref.dim %x, %c0 : memref<?xi32>
    %blocks = arith.divui %n, %c64 : index
    gpu.launch_func @kernels::@pass blocks in (%blocks, %c1, %c1) threads in (%c64, %c1, %c1)
        args(%x : memref<?xi32>, %y : memref<?xi32>)
    return
  }}
  gpu.module @kernels {{
    gpu.func @pass(%x: memref<?xi32>, %y: memref<?xi32>)
        workgroup(%s: memref<64xi32, #gpu.address_space<workgroup>>)
        kernel attributes {{known_block_size = array<i32: 64, 1, 1>}} {{
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c3 = arith.constant 3 : index
      %c31 = arith.constant 31 : index
      %c63 = arith.constant 63 : index
      %c64 = arith.constant 64 : index
      %one = arith.constant 1 : i32
      %w = arith.constant 32 : i32
      %b = gpu.block_id x
      %t = gpu.thread_id x
      %first = arith.muli %b, %c64 : index
      %i = arith.addi %first, %t : index
      %v = memref.load %x[%i] : memref<?xi32>
      %r = scf.for %round = %c0 to %c3 step %c1 iter_args(%a = %v) -> i32 {{
        memref.store %a, %s[%t] : memref<64xi32, #gpu.address_space<workgroup>>
        {between}
        %from = {source}
        %p = memref.load %s[%from] : memref<64xi32, #gpu.address_space<workgroup>>
        %h, %valid = gpu.shuffle xor %a, %one, %w : i32
        %sum = arith.addi %p, %h : i32
        {after}
        scf.yield %sum : i32
      }}
      memref.store %r, %y[%i] : memref<?xi32>
      gpu.return
    }}
  }}
}}
"""
BARRIER, SHUFFLE = "gpu.barrier", "%g, %gv = gpu.shuffle idx %a, %one, %w : i32"
ACROSS_WARPS, IN_WARP = "arith.subi %c63, %t : index", "arith.xori %t, %c31 : index"


def results(source, between, after):
    """What both orders give for three blocks."""
    text = TEXT.format(source=source, between=between, after=after)
    x = on_line(np.random.default_rng(5).integers(-99, 99, 192, dtype=np.int32))
    found = []
    for order in ("forward", "backward"):
        y = on_line(np.zeros_like(x))
        Kernel(text, "v3", passes=[f"--simulate-gpu-grid=order={order}"])(x, y)
        found.append(y)
    return x, found


def expected(x, source):
    t = np.arange(64)
    taken = 63 - t if source == ACROSS_WARPS else t ^ 31
    a = x.reshape(3, 64).copy()
    for _ in range(3):
        a = a[:, taken] + a[:, t ^ 1]
    return a.reshape(-1)


def main():
    for source in (ACROSS_WARPS, IN_WARP):
        x, found = results(source, BARRIER, BARRIER)
        for y in found:
            np.testing.assert_array_equal(y, expected(x, source))
        # A shuffle is no barrier: other warps do not wait at it.
        missing = [("", BARRIER), ("", "")]
        if source == ACROSS_WARPS:
            missing.append((SHUFFLE, BARRIER))
        for between, after in missing:
            _, (forward, backward) = results(source, between, after)
            if np.array_equal(forward, backward):
                sys.exit(f"the race of '{source}' with '{between}' and '{after}' is not seen")
    print("races are seen")


main()
