// RUN: quant-opt %s --lower-outline | FileCheck %s

// Operations that differ in their operands only share a function; other shapes or
// attributes make another one.
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: memref<1x?x8xf32>, %[[Y:.*]]: memref<1x?x8xf32>, %[[G:.*]]: memref<8xf32>)
// CHECK-NEXT: call @[[K0:.*]](%[[X]], %[[G]], %[[Y]]) : (memref<1x?x8xf32>, memref<8xf32>, memref<1x?x8xf32>) -> ()
// CHECK-NEXT: call @[[K0]](%[[Y]], %[[G]], %[[X]])
// CHECK-NEXT: call @[[K1:.*]](%[[X]], %[[G]], %[[Y]])
// CHECK: call @[[K2:.*]](%[[X]], %[[Y]])
// CHECK: return
func.func @main(%x: memref<1x?x8xf32>, %y: memref<1x?x8xf32>, %g: memref<8xf32>) {
  kern.norm "norm.rms" ins(%x, %g : memref<1x?x8xf32>, memref<8xf32>) outs(%y : memref<1x?x8xf32>) {epsilon = 1.0e-05 : f32}
  kern.norm "norm.rms" ins(%y, %g : memref<1x?x8xf32>, memref<8xf32>) outs(%x : memref<1x?x8xf32>) {epsilon = 1.0e-05 : f32}
  kern.norm "norm.rms" ins(%x, %g : memref<1x?x8xf32>, memref<8xf32>) outs(%y : memref<1x?x8xf32>) {epsilon = 2.0e-05 : f32}
  // A constant goes along instead of becoming an argument.
  %c = arith.constant 2.0 : f32
  linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (a, b, c)>],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<1x?x8xf32>) outs(%y : memref<1x?x8xf32>) {
  ^bb0(%p: f32, %r: f32):
    %t = arith.mulf %p, %c : f32
    linalg.yield %t : f32
  }
  return
}
// CHECK: func.func private @[[K0]](%[[A:.*]]: memref<1x?x8xf32>, %[[B:.*]]: memref<8xf32>, %[[C:.*]]: memref<1x?x8xf32>) {
// CHECK-NEXT: kern.norm "norm.rms" ins(%[[A]], %[[B]] : {{.*}}) outs(%[[C]] : {{.*}}) {epsilon = 9.99999974E-6 : f32}
// CHECK: func.func private @[[K1]]
// CHECK: epsilon = 2.000000e-05
// CHECK: func.func private @[[K2]](%{{.*}}: memref<1x?x8xf32>, %{{.*}}: memref<1x?x8xf32>)
// CHECK-NEXT: arith.constant 2.000000e+00
// CHECK-NEXT: linalg.generic
