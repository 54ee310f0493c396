// RUN: quant-opt %s | quant-opt | FileCheck %s

// Kernels take tensors before buffers are assigned, and buffers afterwards.

// CHECK: kern.weight @w from @data pack "panels_kn" at 64 : tensor<12x576x16xf32>
kern.weight @w from @data pack "panels_kn" at 64 : tensor<12x576x16xf32>

// CHECK-LABEL: func @tensors
func.func @tensors(%x: tensor<1x?x576xf32>, %o: tensor<1x?x192xf32>) -> tensor<1x?x192xf32> {
  // CHECK: kern.constant "w" at 64 : tensor<12x576x16xf32>
  %w = kern.constant "w" at 64 : tensor<12x576x16xf32>
  // CHECK: kern.matmul "matmul.f32" ins(%{{.*}}, %{{.*}} : tensor<1x?x576xf32>, tensor<12x576x16xf32>) outs(%{{.*}} : tensor<1x?x192xf32>) -> tensor<1x?x192xf32>
  %0 = kern.matmul "matmul.f32" ins(%x, %w : tensor<1x?x576xf32>, tensor<12x576x16xf32>)
      outs(%o : tensor<1x?x192xf32>) -> tensor<1x?x192xf32>
  return %0 : tensor<1x?x192xf32>
}

// CHECK-LABEL: func @buffers
func.func @buffers(%x: memref<1x?x576xf32>, %q: memref<1x?x576xi8>, %s: memref<1x?xf32>) {
  // CHECK: kern.quantize "quantize.token" ins(%{{.*}} : memref<1x?x576xf32>) outs(%{{.*}}, %{{.*}} : memref<1x?x576xi8>, memref<1x?xf32>){{$}}
  kern.quantize "quantize.token" ins(%x : memref<1x?x576xf32>) outs(%q, %s : memref<1x?x576xi8>, memref<1x?xf32>)
  return
}
