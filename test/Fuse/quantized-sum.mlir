// dequantize, add, relu and quantize with a size that is not known are one loop nest
// over the codes: asking for sizes is no use that keeps them apart.
// RUN: quant-opt %s --fuse | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>

// CHECK-LABEL: @sum
// CHECK: linalg.generic {{.*}} ins(%arg0, %arg1 : tensor<?x8xi8>, tensor<?x8xi8>) outs(%{{.*}} : tensor<?x8xi8>)
// CHECK: arith.trunci
// CHECK-NOT: linalg.generic
func.func @sum(%a: tensor<?x8xi8>, %b: tensor<?x8xi8>) -> tensor<?x8xi8> {
  %c0 = arith.constant 0 : index
  %s = arith.constant dense<0.1> : tensor<f32>
  %t = arith.constant dense<0.2> : tensor<f32>
  %x = qnt.dequantize %a, %s <code = int, bits = 8> : tensor<?x8xi8>, tensor<f32> -> tensor<?x8xf32>
  %y = qnt.dequantize %b, %t <code = int, bits = 8> : tensor<?x8xi8>, tensor<f32> -> tensor<?x8xf32>
  %n = tensor.dim %a, %c0 : tensor<?x8xi8>
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %z = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %y : tensor<?x8xf32>, tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
  ^bb0(%0: f32, %1: f32, %2: f32):
    %3 = arith.addf %0, %1 : f32
    linalg.yield %3 : f32
  } -> tensor<?x8xf32>
  %r = nn.activation relu %z : tensor<?x8xf32>
  %q = qnt.quantize %r, %t <code = int, bits = 8> {by_division} : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xi8>
  return %q : tensor<?x8xi8>
}
