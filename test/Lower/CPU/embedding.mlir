// RUN: quant-opt %s --split-input-file --verify-diagnostics --lower-cpu-kernels --canonicalize --cse | FileCheck %s
// RUN: %python %S/embedding.py

// CHECK: func.func private @qc_rt_report(i32, i64)
// CHECK-LABEL: @embedding
// CHECK: %[[ID:.*]] = arith.index_cast %{{.*}} : i64 to index
// CHECK: %[[NEGATIVE:.*]] = arith.cmpi slt, %[[ID]], %c0
// CHECK: %[[FROM_END:.*]] = arith.addi %[[ID]], %c100
// CHECK: %[[ROW:.*]] = arith.select %[[NEGATIVE]], %[[FROM_END]], %[[ID]]
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[ROW]], %c100
// CHECK: scf.if %[[INSIDE]]
// CHECK: vector.load
// CHECK: } else {
// CHECK: call @qc_rt_report(%c1_i32
// CHECK-NOT: vector.load
func.func @embedding(%i: memref<1x?xi64>, %t: memref<100x64xf32>, %y: memref<1x?x64xf32>) {
  kern.embedding "embedding" ins(%i, %t : memref<1x?xi64>, memref<100x64xf32>) outs(%y : memref<1x?x64xf32>)
  return
}

// -----

func.func @bits(%i: memref<?xi64>, %t: memref<100x64xi1>, %y: memref<?x64xi1>) {
  // expected-error@+1 {{needs a table of contiguous rows of whole bytes, found 'memref<100x64xi1>'}}
  kern.embedding "embedding" ins(%i, %t : memref<?xi64>, memref<100x64xi1>) outs(%y : memref<?x64xi1>)
  return
}

// -----

func.func @panels(%i: memref<?xi64>, %t: memref<4x37x8xf32>, %y: memref<?x37xf32>) {
  // expected-error@+1 {{needs panels of 16 rows and the attribute 'rows'}}
  kern.embedding "embedding.panels" ins(%i, %t : memref<?xi64>, memref<4x37x8xf32>) outs(%y : memref<?x37xf32>) {rows = 30 : i64}
  return
}

// -----

func.func @no_rows(%i: memref<?xi64>, %t: memref<4x10x64xi8>, %s: memref<4x1x16xf32>, %y: memref<?x37xf32>) {
  // expected-error@+1 {{needs ids, lines, scales, a scale unit and zero points where it says so, and the attribute 'rows'}}
  kern.embedding "embedding.codes" ins(%i, %t, %s : memref<?xi64>, memref<4x10x64xi8>, memref<4x1x16xf32>) outs(%y : memref<?x37xf32>) {bits = 8 : i64}
  return
}

// -----

func.func @halves(%i: memref<?xi64>, %t: memref<4x10x64xi8>, %s: memref<4x1x16xf32>, %y: memref<?x37xf16>) {
  // expected-error@+1 {{needs fp32 rows of a static size, found 'memref<?x37xf16>'}}
  kern.embedding "embedding.codes" ins(%i, %t, %s : memref<?xi64>, memref<4x10x64xi8>, memref<4x1x16xf32>) outs(%y : memref<?x37xf16>) {bits = 8 : i64, rows = 64 : i64}
  return
}
