// RUN: %quant-opt --normalize-half --split-input-file %s | FileCheck %s

// Weights keep their bytes, small constants are converted, inputs and results
// keep their types.
// CHECK-DAG: nn.data @w {file = "m.onnx", offset = 64 : i64, stored = f16} : tensor<8x4xf32>
// CHECK-DAG: nn.data @b {value = dense<[1.500000e+00, -2.000000e+00, 6.10351563E-5, 0x7F800000]> : tensor<4xf32>} : tensor<4xf32>
nn.data @w {file = "m.onnx", offset = 64 : i64} : tensor<8x4xf16>
nn.data @b {value = dense<[1.5, -2.0, 6.103515625e-05, 0x7C00]> : tensor<4xf16>} : tensor<4xf16>
// CHECK-LABEL: func @product
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf16>) -> tensor<?x4xf16>
func.func @product(%x: tensor<?x8xf16>) -> tensor<?x4xf16> {
  // CHECK: %[[WIDE:.*]] = linalg.generic {{.*}} ins(%[[X]] : tensor<?x8xf16>)
  // CHECK: arith.extf %{{.*}} : f16 to f32
  // CHECK: %[[W:.*]] = nn.param @w : tensor<8x4xf32>
  // CHECK: %[[Y:.*]] = nn.matmul %{{.*}}, %[[W]] : tensor<?x8xf32>, tensor<8x4xf32> -> tensor<?x4xf32>
  %w = nn.param @w : tensor<8x4xf16>
  %0 = nn.matmul %x, %w : tensor<?x8xf16>, tensor<8x4xf16> -> tensor<?x4xf16>
  // CHECK: linalg.generic {{.*}} ins(%[[Y]]
  // CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32):
  // CHECK: arith.addf %[[A]], %{{.*}} : f32
  %two = arith.constant 2.0 : f16
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x8xf16>
  %e = tensor.empty(%n) : tensor<?x4xf16>
  %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%0 : tensor<?x4xf16>) outs(%e : tensor<?x4xf16>) {
  ^bb0(%a: f16, %o: f16):
    %s = arith.addf %a, %two : f16
    linalg.yield %s : f16
  } -> tensor<?x4xf16>
  // CHECK: arith.truncf %{{.*}} : f32 to f16
  // CHECK: return %{{.*}} : tensor<?x4xf16>
  return %1 : tensor<?x4xf16>
}

// -----

// Casts to 16 bits round and go on in fp32; casts from 16 bits are nothing.
// CHECK-LABEL: func @casts
func.func @casts(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xbf16>
  // CHECK: %[[H:.*]] = arith.truncf %[[A:.*]] : f32 to bf16
  // CHECK: %[[F:.*]] = arith.extf %[[H]] : bf16 to f32
  // CHECK: linalg.yield %[[F]] : f32
  // CHECK: -> tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xbf16>) {
  ^bb0(%a: f32, %o: bf16):
    %h = arith.truncf %a : f32 to bf16
    linalg.yield %h : bf16
  } -> tensor<4xbf16>
  // CHECK-NOT: arith
  // CHECK: linalg.yield %{{.*}} : f32
  %f = tensor.empty() : tensor<4xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%0 : tensor<4xbf16>) outs(%f : tensor<4xf32>) {
  ^bb0(%a: bf16, %o: f32):
    %s = arith.extf %a : bf16 to f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// Constants of other types stay.
// CHECK-LABEL: func @others
// CHECK-DAG: arith.constant dense<-67> : tensor<i8>
// CHECK-DAG: arith.constant dense<[1, 300]> : tensor<2xi64>
// CHECK-DAG: arith.constant dense<1.000000e-01> : tensor<f32>
func.func @others() -> (tensor<i8>, tensor<2xi64>, tensor<f32>) {
  %i = arith.constant dense<-67> : tensor<i8>
  %j = arith.constant dense<[1, 300]> : tensor<2xi64>
  %f = arith.constant dense<0.1> : tensor<f32>
  return %i, %j, %f : tensor<i8>, tensor<2xi64>, tensor<f32>
}
