// RUN: quant-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: memref<4xf32>) {
  // expected-error@+1 {{expects a kernel named softmax, found 'norm.rms'}}
  kern.softmax "norm.rms" ins(%x : memref<4xf32>) outs(%x : memref<4xf32>)
  return
}

// -----
func.func @f(%x: memref<4xf32>, %y: tensor<4xf32>) {
  // expected-error@+1 {{mixes tensors and buffers}}
  kern.softmax "softmax.f32" ins(%y : tensor<4xf32>) outs(%x : memref<4xf32>)
  return
}

// -----
func.func @destination(%x: tensor<1x10xf32>) {
  // expected-error@+1 {{expects a destination}}
  "kern.softmax"(%x) <{kernel = "softmax.f32", operandSegmentSizes = array<i32: 1, 0>}> : (tensor<1x10xf32>) -> ()
  return
}
