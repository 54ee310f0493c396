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
