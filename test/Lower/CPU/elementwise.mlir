// RUN: quant-opt %s --split-input-file --verify-diagnostics --lower-cpu-kernels --canonicalize --cse | FileCheck %s
// RUN: %python %S/elementwise.py

#id = affine_map<(i, j, k) -> (i, j, k)>
#last = affine_map<(i, j, k) -> (k)>
#none = affine_map<(i, j, k) -> ()>

// Everything contiguous: one loop in vectors, shared in chunks.
// CHECK-LABEL: @flat
// CHECK: memref.collapse_shape %{{.*}} {{\[\[}}0, 1, 2]]
// CHECK: scf.parallel
// CHECK: scf.for
// CHECK: vector.load
// CHECK: arith.addf %{{.*}} : vector<16xf32>
// CHECK: vector.store
// CHECK: vector.maskedstore
// CHECK-NOT: linalg
func.func @flat(%x: memref<?x?x37xf32>, %z: memref<?x?x37xf32>, %y: memref<?x?x37xf32>) {
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %z : memref<?x?x37xf32>, memref<?x?x37xf32>) outs(%y : memref<?x?x37xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %s = arith.addf %a, %b : f32
      linalg.yield %s : f32
  }
  return
}

// Few elements, known: no threads.
// CHECK-LABEL: @few
// CHECK-NOT: scf.parallel
// CHECK: scf.for %{{.*}} = %c0 to %c576 step %c16
func.func @few(%x: memref<1x1x576xf32>, %y: memref<1x1x576xf32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<1x1x576xf32>) outs(%y : memref<1x1x576xf32>) {
    ^bb0(%a: f32, %c: f32):
      %s = arith.mulf %a, %a : f32
      linalg.yield %s : f32
  }
  return
}

// A row, a column and a number: two loops are left; what does not move along the
// row is read before it. math.exp becomes arithmetic.
// CHECK-LABEL: @broadcast
// CHECK: memref.collapse_shape %{{.*}} {{\[\[}}0, 1], [2]]
// CHECK: memref.load
// CHECK: vector.broadcast
// CHECK: scf.for %{{.*}} step %c16
// CHECK-NOT: math.exp
// CHECK: math.fma
// CHECK: vector.store
func.func @broadcast(%x: memref<?x?x48xf32>, %r: memref<48xf32>, %n: memref<f32>, %y: memref<?x?x48xf32>) {
  linalg.generic {indexing_maps = [#id, #last, #none, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %r, %n : memref<?x?x48xf32>, memref<48xf32>, memref<f32>) outs(%y : memref<?x?x48xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32, %o: f32):
      %s = arith.addf %a, %b : f32
      %t = arith.mulf %s, %c : f32
      %u = math.exp %t : f32
      linalg.yield %u : f32
  }
  return
}

// The innermost dimension moves: blocks of 16 by 64.
// CHECK-LABEL: @transpose
// CHECK: scf.parallel
// CHECK: scf.for %{{.*}} step %c64
// CHECK: memref.load
// CHECK-NEXT: memref.store
func.func @transpose(%x: memref<?x?x32xf32>, %y: memref<?x32x?xf32>) {
  linalg.transpose ins(%x : memref<?x?x32xf32>) outs(%y : memref<?x32x?xf32>) permutation = [0, 2, 1]
  return
}

// The innermost dimension stays: rows are copied.
// CHECK-LABEL: @heads
// CHECK: vector.load
// CHECK: vector.store
func.func @heads(%x: memref<1x?x9x64xf32>, %y: memref<1x9x?x64xf32>) {
  linalg.transpose ins(%x : memref<1x?x9x64xf32>) outs(%y : memref<1x9x?x64xf32>) permutation = [0, 2, 1, 3]
  return
}

// Into a view: the two dimensions inside are one.
// CHECK-LABEL: @copy
// CHECK-COUNT-2: memref.collapse_shape %{{.*}} {{\[\[}}0], [1, 2]]
// CHECK: vector.load
// CHECK: vector.store
// CHECK-NOT: memref.copy
func.func @copy(%x: memref<3x?x64xf32>, %y: memref<3x?x64xf32, strided<[?, 64, 1], offset: ?>>) {
  memref.copy %x, %y : memref<3x?x64xf32> to memref<3x?x64xf32, strided<[?, 64, 1], offset: ?>>
  return
}

// CHECK-LABEL: @fill
// CHECK: vector.broadcast
// CHECK: vector.store
func.func @fill(%v: f32, %y: memref<4x16xf32>) {
  linalg.fill ins(%v : f32) outs(%y : memref<4x16xf32>)
  return
}

// -----

func.func @wide(%x: memref<8xf64>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%x : memref<8xf64>) {
    ^bb0(%a: f64):
      // expected-error@+1 {{'math.exp' op is not supported on the CPU for 'f64'}}
      %e = math.exp %a : f64
      linalg.yield %e : f64
  }
  return
}

// -----

func.func @cube_root(%x: memref<8xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%x : memref<8xf32>) {
    ^bb0(%a: f32):
      // expected-error@+1 {{'math.cbrt' op has no expansion on the CPU}}
      %e = math.cbrt %a : f32
      linalg.yield %e : f32
  }
  return
}

// -----

func.func @unranked(%x: memref<*xf32>, %y: memref<*xf32>) {
  // expected-error@+1 {{needs buffers of known rank}}
  memref.copy %x, %y : memref<*xf32> to memref<*xf32>
  return
}
