// RUN: quant-opt %s --lower-cpu-kernels=level=v4 --canonicalize --cse | FileCheck %s
// RUN: %python %S/planes.py

// One call asks for the precision; every width has its own loops, which load the lines
// of its planes and nothing else.
// CHECK: func.func private @qc_rt_precision() -> i32
// CHECK-LABEL: @planes
// CHECK-SAME: memref<1x64xf32>, %[[UPPER:[^:]*]]: memref<1x4x64xi8>, %[[NEXT:[^:]*]]: memref<1x4x64xi8>, %[[LOWER:[^:]*]]: memref<1x8x64xi8>
// CHECK-DAG: %[[EIGHT:.*]] = arith.constant 8 : i32
// CHECK-DAG: %[[FOUR:.*]] = arith.constant 4 : i32
// CHECK: %[[BITS:.*]] = call @qc_rt_precision() : () -> i32
// CHECK: %[[IS8:.*]] = arith.cmpi eq, %[[BITS]], %[[EIGHT]]
// CHECK: scf.if %[[IS8]]
// CHECK-COUNT-2: vector.load %[[LOWER]]
// CHECK: } else {
// CHECK-NOT: %[[LOWER]]
// CHECK: %[[IS4:.*]] = arith.cmpi eq, %[[BITS]], %[[FOUR]]
// CHECK: scf.if %[[IS4]]
// CHECK: vector.load %[[NEXT]]
// CHECK-NOT: %[[LOWER]]
// CHECK: } else {
// CHECK-NOT: %[[NEXT]]
// CHECK: vector.load %[[UPPER]]
// CHECK-NOT: %[[NEXT]]
// CHECK: return
func.func @planes(%x: memref<1x64xf32>, %a: memref<1x4x64xi8>, %b: memref<1x4x64xi8>, %c: memref<1x8x64xi8>,
                  %s8: memref<1x1x16xf16>, %s4: memref<1x1x16xf16>, %s2: memref<1x1x16xf16>, %y: memref<1x16xf32>) {
  kern.matmul "matmul.a16" ins(%x, %a, %b, %c, %s8, %s4, %s2 : memref<1x64xf32>, memref<1x4x64xi8>, memref<1x4x64xi8>,
      memref<1x8x64xi8>, memref<1x1x16xf16>, memref<1x1x16xf16>, memref<1x1x16xf16>)
      outs(%y : memref<1x16xf32>) {bits = 8 : i64, code = "planes", widths = array<i64: 8, 4, 2>}
  return
}
