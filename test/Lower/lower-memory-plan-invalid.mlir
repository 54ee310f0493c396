// RUN: quant-opt %s --lower-memory-plan --split-input-file --verify-diagnostics

// expected-error@+1 {{has no function of its sizes}}
func.func @main(%y: memref<4xf32> {kern.output}) {
  return
}

// -----
func.func @main(%x: memref<1xindex>, %y: memref<4xf32> {kern.output}) {
  %c0 = arith.constant 0 : index
  %n = memref.load %x[%c0] : memref<1xindex>
  // expected-error@+1 {{the size of a buffer depends on the values of an input}}
  %a = memref.alloc(%n) : memref<?xf32>
  kern.softmax "softmax.f32" ins(%a : memref<?xf32>) outs(%y : memref<4xf32>)
  return
}
func.func private @main_shapes(%d: index) -> index {
  %c4 = arith.constant 4 : index
  return %c4 : index
}
