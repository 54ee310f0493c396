// RUN: rm -f %t.work && quant-opt %s --quantize-weights=work-file=%t.work | FileCheck %s

// The embedding reads the codes of the product, which comes after it.
nn.data @t {value = dense<[[7.0, -7.0, 3.0], [1.0, 2.0, -3.0]]> : tensor<2x3xf32>} : tensor<2x3xf32>
// CHECK-LABEL: @main
// CHECK-DAG: %[[C:.*]] = nn.param @t.codes
// CHECK-DAG: %[[S:.*]] = nn.param @t.scales
// CHECK: qnt.embedding %arg0 table %[[C]], %[[S]] : (tensor<?xi64>, !qnt.packed<2x3, {{.*}}) -> tensor<?x3xf32>
// CHECK: qnt.matmul %{{.*}} weight
// CHECK-NOT: qnt.assign
func.func @main(%i: tensor<?xi64>) -> tensor<?x2xf32> {
  %t = nn.param @t : tensor<2x3xf32>
  %a = qnt.assign %t <code = uint, bits = 4, granularity = channel, axis = 1> {method = "rtn"} : tensor<2x3xf32>
  %x = nn.embedding %i, %a : tensor<?xi64>, tensor<2x3xf32> -> tensor<?x3xf32>
  %b = qnt.assign %t <code = uint, bits = 4, granularity = channel, axis = 1> {method = "rtn"} : tensor<2x3xf32>
  %y = nn.matmul %x, %b {transpose_rhs} : tensor<?x3xf32>, tensor<2x3xf32> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
