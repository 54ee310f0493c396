// RUN: not quant-opt %s --lower-gpu-kernels=block-size=2000 2>&1 | FileCheck %s
// CHECK: a block of 2000 threads is none; expected 1 to 1024
module {
}
