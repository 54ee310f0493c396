// RUN: quant-opt %s --lower-results --split-input-file --verify-diagnostics | FileCheck %s

// Results become destinations; a function of its own gives their sizes.
// CHECK: func.func @main(%[[X:.*]]: tensor<1x?x8xf32> {bufferization.writable = false}, %[[W:.*]]: tensor<8x4xf32> {bufferization.writable = false}, %[[O:.*]]: memref<1x?x4xf32> {kern.output, nn.name = "y"}) {
// CHECK: %[[Y:.*]] = nn.matmul %[[X]], %[[W]]
// CHECK: bufferization.materialize_in_destination %[[Y]] in restrict writable %[[O]]
// CHECK: return{{$}}
// CHECK: func.func private @main_shapes(%{{.*}}: index, %[[T:.*]]: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index) -> (index, index, index, index) attributes {kern.size_checks = []} {
// CHECK-NOT: nn.matmul
// CHECK-DAG: %[[C1:.*]] = arith.constant 1
// CHECK-DAG: %[[C4:.*]] = arith.constant 4
// CHECK-DAG: %[[OK:.*]] = arith.constant 0
// CHECK: return %[[C1]], %[[T]], %[[C4]], %[[OK]]
func.func @main(%x: tensor<1x?x8xf32>, %w: tensor<8x4xf32>) -> (tensor<1x?x4xf32> {nn.name = "y"}) {
  %0 = nn.matmul %x, %w : tensor<1x?x8xf32>, tensor<8x4xf32> -> tensor<1x?x4xf32>
  return %0 : tensor<1x?x4xf32>
}

// -----
// A cache may be written; the length is one of the sizes. A result that is a
// size is no output.
// CHECK: func.func @decode(%{{.*}}: tensor<1x2x?x4xf32> {bufferization.writable = true, kern.state_axis = 2 : i64}, %{{.*}}: index, %{{.*}}: memref<?xf32> {kern.output})
// CHECK: func.func private @decode_shapes(%{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %[[P:.*]]: index) -> (index, index, index) attributes {kern.size_checks = ["an operation has a negative size"]}
// CHECK: %[[FITS:.*]] = arith.cmpi sge, %[[P]]
// CHECK: %[[STATUS:.*]] = arith.select %[[FITS]]
// CHECK: return %[[P]], %[[P]], %[[STATUS]]
func.func @decode(%c: tensor<1x2x?x4xf32> {kern.state_axis = 2 : i64}, %p: index) -> (tensor<?xf32>, index) {
  %0 = tensor.empty(%p) : tensor<?xf32>
  return %0, %p : tensor<?xf32>, index
}

// -----
func.func @main(%x: tensor<4xindex>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  // expected-error@+1 {{a size depends on the values of an input}}
  %n = tensor.extract %x[%c0] : tensor<4xindex>
  %0 = tensor.empty(%n) : tensor<?xf32>
  return %0 : tensor<?xf32>
}
