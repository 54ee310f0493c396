// RUN: echo '{weights: {bits: 4, group_size: 64}, sparsity: {target: 0.4}}' > %t.yaml
// RUN: quant-opt %s --assign-budget=bytes-per-token=100 --assign-sparsity=recipe=%t.yaml | FileCheck %s

// Bits and sparsity are chosen together: with 100 bytes for both, the first layer
// keeps its bits and leaves out inputs, the second has fewer bits and leaves out none.
nn.data @w {file = "m", offset = 0 : i64} : tensor<64x64xf32>
nn.data @v {file = "m", offset = 16384 : i64} : tensor<64x64xf32>
// CHECK-LABEL: @main
func.func @main(%x: tensor<1x64xf32>) -> tensor<1x64xf32> {
  %w = nn.param @w : tensor<64x64xf32>
  // CHECK: qnt.assign %{{.*}} <code = uint, bits = 8
  %0 = qnt.assign %w <code = uint, bits = 4, granularity = channel, axis = 1> {method = "rtn"} : tensor<64x64xf32>
  // CHECK: nn.matmul {{.*}} {qnt.sparsity = 5.000000e-01 : f64}
  %1 = nn.matmul %x, %0 {qnt.candidates = [
      {bits = 4 : i64, bytes = 50 : i64, error = 9.0 : f64}, {bits = 8 : i64, bytes = 100 : i64, error = 1.0 : f64},
      {bits = 4 : i64, bytes = 25 : i64, error = 11.0 : f64, sparsity = 0.5 : f64},
      {bits = 8 : i64, bytes = 60 : i64, error = 2.0 : f64, sparsity = 0.5 : f64}]}
      : tensor<1x64xf32>, tensor<64x64xf32> -> tensor<1x64xf32>
  %v = nn.param @v : tensor<64x64xf32>
  // CHECK: qnt.assign %{{.*}} <code = uint, bits = 2
  %2 = qnt.assign %v <code = uint, bits = 4, granularity = channel, axis = 1> {method = "rtn"} : tensor<64x64xf32>
  // CHECK: nn.matmul %{{[^{]*$}}
  %3 = nn.matmul %1, %2 {qnt.candidates = [
      {bits = 2 : i64, bytes = 40 : i64, error = 1.0 : f64}, {bits = 8 : i64, bytes = 90 : i64, error = 0.5 : f64},
      {bits = 8 : i64, bytes = 40 : i64, error = 3.0 : f64, sparsity = 0.5 : f64}]}
      : tensor<1x64xf32>, tensor<64x64xf32> -> tensor<1x64xf32>
  return %3 : tensor<1x64xf32>
}
