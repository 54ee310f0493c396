// RUN: quant-opt %s --split-input-file --verify-diagnostics --lower-cpu-kernels --canonicalize --cse | FileCheck %s
// RUN: %python %S/observe.py

// CHECK: func.func private @qc_rt_observe_rows(i64, !llvm.ptr, i64, i64)
// CHECK-LABEL: @observe
// CHECK: vector.store
// CHECK: memref.extract_aligned_pointer_as_index
// CHECK: call @qc_rt_observe_rows(%c3_i64
func.func @observe(%x: memref<1x?x20xf32>, %y: memref<1x?x20xf32>) {
  kern.observe "observe" ins(%x : memref<1x?x20xf32>) outs(%y : memref<1x?x20xf32>) {id = 3 : i64}
  return
}

// -----

func.func @no_id(%x: memref<8xf32>, %y: memref<8xf32>) {
  // expected-error@+1 {{needs the attribute 'id'}}
  kern.observe "observe" ins(%x : memref<8xf32>) outs(%y : memref<8xf32>)
  return
}

// -----

func.func @codes(%x: memref<8xi8>, %y: memref<8xi8>) {
  // expected-error@+1 {{observes f32 only, found 'memref<8xi8>'}}
  kern.observe "observe" ins(%x : memref<8xi8>) outs(%y : memref<8xi8>) {id = 1 : i64}
  return
}

// -----

func.func @gaps(%x: memref<8xf32, strided<[2]>>, %y: memref<8xf32, strided<[3]>>) {
  // expected-error@+1 {{needs a buffer without gaps, found 'memref<8xf32, strided<[2]>>' and 'memref<8xf32, strided<[3]>>'}}
  kern.observe "observe" ins(%x : memref<8xf32, strided<[2]>>) outs(%y : memref<8xf32, strided<[3]>>) {id = 1 : i64}
  return
}
