// RUN: quant-opt %s --lower-cpu-kernels --canonicalize --cse | FileCheck %s
// RUN: quant-opt %s --lower-cpu-kernels=level=device --canonicalize --cse | FileCheck %s --check-prefix=DEVICE
// RUN: %python %S/project.py

// Four rows of the matrix side by side, 16 columns at a time, the last of them
// masked; then the tree of sums.
// CHECK-LABEL: func @project
// CHECK: scf.for %{{.*}} iter_args(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK-COUNT-4: math.fma
// CHECK: vector.maskedload
// CHECK: vector.extract_strided_slice %{{.*}} {offsets = [8], sizes = [8], strides = [1]}
// CHECK: memref.store
// A thread of a GPU has one number.
// DEVICE-LABEL: func @project
// DEVICE: iter_args(%{{[a-z0-9]+}} = %{{[a-z0-9_]+}}) -> (vector<16xf32>)
func.func @project(%x: memref<1x?x67xf32>, %a: memref<5x67xf16>, %y: memref<1x?x5xf32>) {
  kern.project "project.f16" ins(%x, %a : memref<1x?x67xf32>, memref<5x67xf16>) outs(%y : memref<1x?x5xf32>)
  return
}
